// Ordered lists: move a row by its buttons, by arrow keys on them, or by dragging.
// Every move is spoken.

const say = document.createElement("p")
say.className = "visually-hidden"
say.setAttribute("role", "status")
document.body.append(say)

const tell = (row) => {
  const place = [...row.parentElement.children].indexOf(row) + 1
  const words = gettext("Now %s of %s")
  say.textContent = interpolate(words, [place, row.parentElement.children.length])
}

const move = (row, direction) => {
  const other = direction === "up" ? row.previousElementSibling : row.nextElementSibling
  if (!other) return
  if (direction === "up") other.before(row)
  else other.after(row)
  tell(row)
  row.dispatchEvent(new Event("change", { bubbles: true }))
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-order] [data-move]")
  if (!button) return
  move(button.closest("li"), button.dataset.move)
  button.focus()
})

document.addEventListener("keydown", (event) => {
  const button = event.target.closest("[data-order] [data-move]")
  const direction = { ArrowUp: "up", ArrowDown: "down" }[event.key]
  if (!button || !direction) return
  event.preventDefault()
  move(button.closest("li"), direction)
  button.focus()
})

let held = null
document.addEventListener("dragstart", (event) => {
  held = event.target.closest?.("[data-order] > li") ?? null
  held?.classList.add("is-held")
})
document.addEventListener("dragover", (event) => {
  const row = held && event.target.closest?.("[data-order] > li")
  if (!row || row.parentElement !== held.parentElement) return
  event.preventDefault()
  if (row === held) return
  const box = row.getBoundingClientRect()
  if (event.clientY < box.top + box.height / 2) row.before(held)
  else row.after(held)
})
document.addEventListener("dragend", () => {
  if (!held) return
  held.classList.remove("is-held")
  tell(held)
  held.dispatchEvent(new Event("change", { bubbles: true }))
  held = null
})
