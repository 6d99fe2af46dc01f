// The focal point: by a click or by dragging, by arrow keys on the mark, or by its two
// numbers. The crops follow at once; nothing is stored before the form is saved.

const drawing = document.querySelector("[data-focal]")
const across = document.getElementById("id_focal_x")
const down = document.getElementById("id_focal_y")
if (drawing && across && down) start()

function start() {
  const mark = drawing.querySelector(".nr-focal__mark")
  const { width, height } = drawing.viewBox.baseVal
  const crops = [...document.querySelectorAll("[data-crop]")]
  const steps = {
    ArrowDown: [0, 1],
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
  }
  drawing.classList.add("is-live")

  // A finger that moves scrolls the page, so it only taps; a mouse may also drag.
  drawing.addEventListener("click", pointAt)
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch") return
    event.preventDefault()
    drawing.setPointerCapture(event.pointerId)
    pointAt(event)
    mark.focus()
  })
  drawing.addEventListener("pointermove", (event) => {
    if (drawing.hasPointerCapture(event.pointerId)) pointAt(event)
  })
  mark.addEventListener("keydown", (event) => {
    const step = steps[event.key]
    if (!step) return
    event.preventDefault()
    const far = event.shiftKey ? 10 : 1
    choose(Number(across.value) + step[0] * far, Number(down.value) + step[1] * far)
  })
  for (const field of [across, down]) {
    field.addEventListener("input", () => {
      if (across.value && down.value) draw(within(across.value), within(down.value))
    })
  }
  draw(within(across.value), within(down.value))

  function pointAt(event) {
    const place = new DOMPoint(event.clientX, event.clientY)
    const inside = place.matrixTransform(drawing.getScreenCTM().inverse())
    choose((inside.x / width) * 100, (inside.y / height) * 100)
  }

  function choose(x, y) {
    across.value = within(x)
    down.value = within(y)
    draw(within(x), within(y))
  }

  function draw(x, y) {
    mark.setAttribute("transform", `translate(${(width * x) / 100} ${(height * y) / 100})`)
    mark.setAttribute("aria-valuenow", x)
    const spoken = drawing.dataset.spoken.replace("{x}", x).replace("{y}", y)
    mark.setAttribute("aria-valuetext", spoken)
    for (const crop of crops) {
      const ratio = Number(crop.dataset.crop)
      const cutWidth = Math.min(width, height * ratio)
      const cutHeight = Math.min(height, width / ratio)
      const left = begin(x, width, cutWidth)
      const top = begin(y, height, cutHeight)
      crop.setAttribute("viewBox", `${left} ${top} ${cutWidth} ${cutHeight}`)
    }
  }
}

function within(number) {
  return Math.max(0, Math.min(100, Math.round(Number(number) || 0)))
}

function begin(focal, whole, cut) {
  return Math.min(Math.max((whole * focal) / 100 - cut / 2, 0), whole - cut)
}
