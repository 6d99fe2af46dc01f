// The drop zone: one file a request, two at a time, each with its own row. A file that
// failed stays in its row and can be sent again.

const AT_ONCE = 2

class Uploads {
  waiting = []
  sending = new Set()

  constructor(zone) {
    this.zone = zone
    this.words = JSON.parse(document.getElementById("upload-words").textContent)
    this.input = zone.querySelector("input[type=file]")
    this.list = zone.querySelector(".nr-uploads")
    this.said = zone.querySelector("[data-said]")
    this.isPopup = Boolean(zone.querySelector("[name=_popup]"))
    this.mostBytes = Number(zone.dataset.mostBytes)
  }

  begin() {
    this.zone.classList.add("is-live")
    this.input.classList.add("visually-hidden")
    this.input.addEventListener("change", () => {
      this.take([...this.input.files])
      this.input.value = ""
    })
    // Files chosen before this script was there wait in the input.
    if (this.input.files.length) {
      this.take([...this.input.files])
      this.input.value = ""
    }
    this.zone.addEventListener("submit", (event) => event.preventDefault())
    hearDrops(this.zone, (files) => this.take(files))
    addEventListener("beforeunload", (event) => {
      if (this.sending.size || this.waiting.length) event.preventDefault()
    })
  }

  take(files) {
    for (const file of files) {
      const row = new Row(file)
      this.list.append(row.element)
      this.list.hidden = false
      this.list.scrollTop = this.list.scrollHeight
      if (file.size > this.mostBytes) this.refuse(row, this.tooLarge())
      else this.queue(row)
    }
  }

  // --- Sending

  queue(row) {
    const stop = row.button(this.words.stop, () => this.stop(row))
    row.show("going", this.words.waiting, [stop])
    row.progress.value = 0
    this.waiting.push(row)
    this.next()
  }

  next() {
    while (this.waiting.length && this.sending.size < AT_ONCE) this.send(this.waiting.shift())
  }

  send(row) {
    const request = new XMLHttpRequest()
    row.request = request
    this.sending.add(row)
    const target = new URL(this.zone.dataset.uploads, location.href)
    this.showProgress(row)
    const end = (kind, act) =>
      request.addEventListener(kind, () => {
        this.sending.delete(row)
        row.request = null
        act()
        this.next()
      })
    end("load", () => this.answered(row, request, target))
    end("error", () => this.fail(row, this.words.no_connection))
    end("timeout", () => this.fail(row, this.words.no_connection))
    end("abort", () => this.fail(row, this.words.stopped))
    request.open("POST", target)
    request.send(this.body(row.file))
  }

  showProgress(row) {
    const show = (percent) => {
      row.state.textContent = this.words.sending.replace("{percent}", percent)
    }
    row.request.upload.addEventListener("progress", (event) => {
      const percent = Math.floor((event.loaded / event.total) * 100)
      row.progress.value = percent
      show(percent)
    })
    row.request.upload.addEventListener("load", () => {
      row.progress.removeAttribute("value")
      row.state.textContent = this.words.reading
    })
    show(0)
  }

  body(file) {
    const body = new FormData()
    body.append("csrfmiddlewaretoken", this.zone.elements.csrfmiddlewaretoken.value)
    if (this.isPopup) body.append("_popup", "1")
    body.append("original", file)
    return body
  }

  stop(row) {
    if (row.request) {
      row.request.abort()
      return
    }
    this.waiting.splice(this.waiting.indexOf(row), 1)
    this.fail(row, this.words.stopped)
  }

  async again(row) {
    await this.renewToken()
    this.queue(row)
  }

  // Signing in again changes the token; the files must not be chosen again for that.
  async renewToken() {
    try {
      const page = await fetch(location.href, { headers: { Accept: "text/html" } })
      const text = new DOMParser().parseFromString(await page.text(), "text/html")
      const fresh = text.querySelector("[data-uploads] [name=csrfmiddlewaretoken]")
      if (fresh) this.zone.elements.csrfmiddlewaretoken.value = fresh.value
    } catch {
      // Without a connection the old one is as good as any.
    }
  }

  // --- What became of a file

  answered(row, request, target) {
    const { words } = this
    const answer = readJSON(request.responseText)
    if (isElsewhere(request, target)) this.fail(row, words.signed_out)
    else if (answer?.how === "done") this.added(row, answer)
    else if (answer?.how === "same") this.known(row, answer)
    else if (answer?.how === "refused") this.refuse(row, answer.words)
    else if (request.status === 413) this.refuse(row, this.tooLarge())
    else if (request.status === 403) this.fail(row, words.signed_out)
    else this.fail(row, words.server)
  }

  added(row, answer) {
    const { check, use } = this.words
    this.end(row, "done", answer.words, this.ways(answer.image, check, use))
    putIntoGrid(answer)
  }

  known(row, answer) {
    const { look, use_that: use } = this.words
    // Outside the choosing window, using a picture begins with opening it.
    const open = this.isPopup ? look : use
    this.end(row, "same", answer.words, this.ways(answer.image, open, use))
  }

  refuse(row, sentence) {
    this.end(row, "refused", sentence, [this.dismissal(row)])
  }

  fail(row, sentence) {
    const again = row.button(this.words.again, () => this.again(row))
    this.end(row, "failed", sentence, [again, this.dismissal(row)])
  }

  end(row, how, sentence, actions) {
    row.show(how, sentence, actions)
    this.said.textContent = this.words.progress
      .replace("{name}", row.file.name)
      .replace("{words}", sentence)
  }

  // What can be done with a picture that is in the library now.
  ways(image, openWords, useWords) {
    const open = make("a", "nr-btn nr-btn--quiet", openWords)
    open.href = this.isPopup ? `${image.url}?_popup=1&_use=1` : image.url
    describe(open, image.title)
    if (!this.isPopup || image.withdrawn) return [open]
    const use = make("button", "nr-btn nr-btn--quiet", useWords)
    use.type = "button"
    use.dataset.popupOpener = image.id
    describe(use, image.title)
    return [use, open]
  }

  dismissal(row) {
    return row.button(this.words.dismiss, () => this.dismiss(row))
  }

  dismiss(row) {
    const other = row.element.nextElementSibling || row.element.previousElementSibling
    row.element.remove()
    this.list.hidden = this.list.children.length === 0
    const target = other?.querySelector("button, a") || this.input
    target.focus()
  }

  tooLarge() {
    return this.words.too_large.replace("{size}", size(this.mostBytes))
  }
}

// A file's line in the list. While it is being sent, ``request`` is what sends it.
class Row {
  request = null

  constructor(file) {
    this.file = file
    this.element = document.createElement("li")
    this.progress = document.createElement("progress")
    this.progress.max = 100
    this.progress.setAttribute("aria-label", file.name)
    this.state = make("span", "nr-uploads__words")
    this.buttons = make("span", "nr-uploads__buttons")
    const name = make("span", "nr-uploads__name", `${file.name} `)
    name.append(make("small", "", size(file.size)))
    this.element.append(name, this.progress, this.state, this.buttons)
  }

  show(how, sentence, actions) {
    const hadFocus = this.element.contains(document.activeElement)
    this.element.dataset.how = how
    this.progress.hidden = how !== "going"
    this.state.textContent = sentence
    this.buttons.replaceChildren(...actions)
    if (hadFocus) actions[0]?.focus()
  }

  button(label, act) {
    const button = make("button", "nr-btn nr-btn--quiet", label)
    button.type = "button"
    describe(button, this.file.name)
    button.addEventListener("click", act)
    return button
  }
}

// A file dropped beside the zone would replace the page, and with it the uploads.
function hearDrops(zone, take) {
  let depth = 0
  const hear = (kind, act) =>
    addEventListener(kind, (event) => {
      if (event.dataTransfer?.types.includes("Files")) act(event)
    })
  hear("dragenter", () => {
    depth += 1
    zone.classList.add("is-over")
  })
  hear("dragleave", () => {
    depth -= 1
    zone.classList.toggle("is-over", depth > 0)
  })
  hear("dragover", (event) => event.preventDefault())
  hear("drop", (event) => {
    event.preventDefault()
    depth = 0
    zone.classList.remove("is-over")
    take([...event.dataTransfer.files])
  })
}

function putIntoGrid({ image, tile }) {
  const grid = document.querySelector("[data-grid]")
  if (!grid || document.getElementById(`picture-${image.id}`)) return
  grid.querySelector(".nr-empty")?.remove()
  grid.insertAdjacentHTML("afterbegin", tile)
  document.dispatchEvent(new CustomEvent("library:added"))
}

function readJSON(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

// Whoever is signed out is led to the page for signing in.
function isElsewhere(request, target) {
  return Boolean(request.responseURL) && new URL(request.responseURL).pathname !== target.pathname
}

function describe(element, name) {
  element.setAttribute("aria-label", `${element.textContent}: ${name}`)
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

const zone = document.querySelector("[data-uploads]")
if (zone) new Uploads(zone).begin()
