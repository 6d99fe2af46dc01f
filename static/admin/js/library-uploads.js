// The drop zone: one file a request, two at a time, each with its own row. A file that
// failed stays in its row and can be sent again.

const zone = document.querySelector("[data-uploads]")
if (zone) start()

function start() {
  const words = JSON.parse(document.getElementById("upload-words").textContent)
  const input = zone.querySelector("input[type=file]")
  const list = zone.querySelector(".nr-uploads")
  const said = zone.querySelector("[data-said]")
  const grid = document.querySelector("[data-grid]")
  const isPopup = Boolean(zone.querySelector("[name=_popup]"))
  const mostBytes = Number(zone.dataset.mostBytes)
  const atOnce = 2
  const waiting = []
  const sending = new Set()

  zone.classList.add("is-live")
  input.classList.add("visually-hidden")
  input.addEventListener("change", () => {
    take([...input.files])
    input.value = ""
  })
  zone.addEventListener("submit", (event) => event.preventDefault())

  // A file dropped beside the zone would replace the page, and with it the uploads.
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files")
  let depth = 0
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return
    depth += 1
    zone.classList.add("is-over")
  })
  addEventListener("dragleave", (event) => {
    if (!carriesFiles(event)) return
    depth -= 1
    zone.classList.toggle("is-over", depth > 0)
  })
  addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault()
  })
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    depth = 0
    zone.classList.remove("is-over")
    take([...event.dataTransfer.files])
  })
  addEventListener("beforeunload", (event) => {
    if (sending.size || waiting.length) event.preventDefault()
  })

  function take(files) {
    for (const file of files) {
      const row = newRow(file)
      if (file.size > mostBytes) refuse(row, words.too_large.replace("{size}", size(mostBytes)))
      else queue(row)
    }
  }

  function newRow(file) {
    const element = document.createElement("li")
    const name = make("span", "nr-uploads__name", `${file.name} `)
    name.append(make("small", "", size(file.size)))
    const progress = document.createElement("progress")
    progress.max = 100
    progress.setAttribute("aria-label", file.name)
    const state = make("span", "nr-uploads__words")
    const buttons = make("span", "nr-uploads__buttons")
    element.append(name, progress, state, buttons)
    list.append(element)
    list.hidden = false
    list.scrollTop = list.scrollHeight
    return { buttons, element, file, progress, state }
  }

  function queue(row) {
    show(row, "going", words.waiting, [button(words.stop, row, () => stop(row))])
    row.progress.value = 0
    waiting.push(row)
    next()
  }

  function next() {
    while (waiting.length && sending.size < atOnce) send(waiting.shift())
  }

  function send(row) {
    const request = new XMLHttpRequest()
    row.request = request
    sending.add(row)
    const target = new URL(zone.dataset.uploads, location.href)
    const finish = (act) => () => {
      sending.delete(row)
      row.request = null
      act()
      next()
    }
    request.upload.addEventListener("progress", (event) => {
      const percent = Math.floor((event.loaded / event.total) * 100)
      row.progress.value = percent
      row.state.textContent = words.sending.replace("{percent}", percent)
    })
    request.upload.addEventListener("load", () => {
      row.progress.removeAttribute("value")
      row.state.textContent = words.reading
    })
    request.addEventListener("load", finish(() => answered(row, request, target)))
    request.addEventListener("error", finish(() => fail(row, words.no_connection)))
    request.addEventListener("timeout", finish(() => fail(row, words.no_connection)))
    request.addEventListener("abort", finish(() => fail(row, words.stopped)))
    request.open("POST", target)
    const body = new FormData()
    body.append("csrfmiddlewaretoken", zone.elements.csrfmiddlewaretoken.value)
    if (isPopup) body.append("_popup", "1")
    body.append("original", row.file)
    row.state.textContent = words.sending.replace("{percent}", 0)
    request.send(body)
  }

  function stop(row) {
    if (row.request) {
      row.request.abort()
      return
    }
    waiting.splice(waiting.indexOf(row), 1)
    fail(row, words.stopped)
  }

  function answered(row, request, target) {
    let answer = null
    try {
      answer = JSON.parse(request.responseText)
    } catch {
      answer = null
    }
    // Whoever is signed out is led to the page for signing in.
    if (request.responseURL && new URL(request.responseURL).pathname !== target.pathname) {
      fail(row, words.signed_out)
    } else if (answer?.how === "done") {
      show(row, "done", answer.words, chosen(answer.image, words.check, words.use))
      putIntoGrid(answer)
    } else if (answer?.how === "same") {
      show(row, "same", answer.words, chosen(answer.image, words.look, words.use_that))
    } else if (answer?.how === "refused") {
      refuse(row, answer.words)
    } else if (request.status === 413) {
      refuse(row, words.too_large.replace("{size}", size(mostBytes)))
    } else if (request.status === 403) {
      fail(row, words.signed_out)
    } else {
      fail(row, words.server)
    }
  }

  // What can be done with a picture that is in the library now.
  function chosen(image, openWords, useWords) {
    const open = make("a", "nr-btn nr-btn--quiet", isPopup ? openWords : openOrUse(openWords, useWords))
    open.href = isPopup ? `${image.url}?_popup=1&_use=1` : image.url
    describe(open, image.title)
    if (!isPopup || image.withdrawn) return [open]
    const use = make("button", "nr-btn nr-btn--quiet", useWords)
    use.type = "button"
    use.dataset.popupOpener = image.id
    describe(use, image.title)
    return [use, open]
  }

  function openOrUse(openWords, useWords) {
    return useWords === words.use_that ? useWords : openWords
  }

  function putIntoGrid(answer) {
    if (!grid || document.getElementById(`picture-${answer.image.id}`)) return
    grid.querySelector(".nr-empty")?.remove()
    grid.insertAdjacentHTML("afterbegin", answer.tile)
    document.dispatchEvent(new CustomEvent("library:added"))
  }

  function refuse(row, sentence) {
    show(row, "refused", sentence, [button(words.dismiss, row, () => dismiss(row))])
  }

  function fail(row, sentence) {
    show(row, "failed", sentence, [
      button(words.again, row, () => again(row)),
      button(words.dismiss, row, () => dismiss(row)),
    ])
  }

  async function again(row) {
    await renewToken()
    queue(row)
  }

  // Signing in again changes the token; the files must not be chosen again for that.
  async function renewToken() {
    try {
      const page = await fetch(location.href, { headers: { Accept: "text/html" } })
      const text = new DOMParser().parseFromString(await page.text(), "text/html")
      const fresh = text.querySelector("[data-uploads] [name=csrfmiddlewaretoken]")
      if (fresh) zone.elements.csrfmiddlewaretoken.value = fresh.value
    } catch {
      // Without a connection the old one is as good as any.
    }
  }

  function dismiss(row) {
    const other = row.element.nextElementSibling || row.element.previousElementSibling
    row.element.remove()
    list.hidden = list.children.length === 0
    const target = other?.querySelector("button, a") || input
    target.focus()
  }

  function show(row, how, sentence, actions) {
    const hadFocus = row.element.contains(document.activeElement)
    row.element.dataset.how = how
    row.progress.hidden = how !== "going"
    row.state.textContent = sentence
    row.buttons.replaceChildren(...actions)
    if (hadFocus) actions[0]?.focus()
    if (how === "going") return
    said.textContent = words.progress
      .replace("{name}", row.file.name)
      .replace("{words}", sentence)
  }

  function button(label, row, act) {
    const element = make("button", "nr-btn nr-btn--quiet", label)
    element.type = "button"
    describe(element, row.file.name)
    element.addEventListener("click", act)
    return element
  }

  function describe(element, name) {
    element.setAttribute("aria-label", `${element.textContent}: ${name}`)
  }
}

function make(tag, className, text = "") {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.textContent = text
  return element
}

function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}
