// The composing page: parts that come, go and move without loading the page again, the
// live preview and the check list beside them. Without this script the same buttons
// save and load the page.

const form = document.querySelector("#issue")
if (form) begin()

function begin() {
  const list = form.querySelector(".nr-parts")
  const status = document.querySelector("[data-say]")
  const say = (words) => {
    status.textContent = words
  }
  const changed = () => form.dispatchEvent(new Event("change", { bubbles: true }))
  let number = 0

  const mark = (story, isIn) => {
    for (const button of form.querySelectorAll(`[data-add][data-story="${story}"]`)) {
      button.hidden = isIn
      button.nextElementSibling.hidden = !isIn
    }
  }
  const markAll = () => {
    for (const part of list.querySelectorAll("[data-story]")) mark(part.dataset.story, true)
    document.querySelector("[data-no-parts]").hidden = list.children.length > 0
  }

  const add = (kind, story, headline) => {
    const pattern = document.querySelector(`template[data-new="${kind}"]`)
    const key = `n${Date.now().toString(36)}${(number += 1)}`
    const part = pattern.content.firstElementChild.cloneNode(true)
    for (const element of [part, ...part.querySelectorAll("*")]) {
      for (const { name, value } of [...element.attributes]) {
        if (value.includes("__key__")) element.setAttribute(name, value.replaceAll("__key__", key))
      }
    }
    if (story) {
      part.dataset.story = story
      part.querySelector(`[name="${key}-article"]`).value = story
      part.querySelector("[data-title]").textContent = headline
      const words = {
        up: gettext("Move “%s” up"),
        down: gettext("Move “%s” down"),
      }
      for (const button of part.querySelectorAll("[data-move]")) {
        button.setAttribute("aria-label", interpolate(words[button.dataset.move], [headline]))
      }
      const remove = interpolate(gettext("Take out “%s”"), [headline])
      part.querySelector("[data-remove]").setAttribute("aria-label", remove)
    }
    list.append(part)
    // The editor's library looks into what is added by this event.
    part.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }))
    markAll()
    say(interpolate(gettext("Added, %s of %s"), [list.children.length, list.children.length]))
    if (kind !== "article") part.querySelector("input[type=text], textarea")?.focus()
    changed()
  }

  const remove = (part) => {
    const next = part.nextElementSibling ?? part.previousElementSibling
    if (part.dataset.story) mark(part.dataset.story, false)
    part.remove()
    markAll()
    say(gettext("Taken out"))
    const target = next?.querySelector("[data-remove]") ?? list
    target.focus()
    changed()
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    if (button.dataset.add) {
      event.preventDefault()
      add(button.dataset.add, button.dataset.story, button.dataset.headline)
    } else if ("remove" in button.dataset) {
      event.preventDefault()
      remove(button.closest("li"))
    } else if (button.dataset.move) {
      event.preventDefault() // order.js moves it
    } else if (button.name === "_find") {
      event.preventDefault()
      search()
    }
  })
  // A drag may begin at a part's edge or grip, not in its fields.
  for (const kind of ["pointerdown", "focusin"]) {
    list.addEventListener(kind, (event) => {
      const part = event.target.closest(".nr-part")
      if (part) part.draggable = !event.target.closest("input, textarea, select, .prose-editor")
    })
  }

  const finder = form.querySelector("#q")
  const found = form.querySelector("[data-found]")
  let asked = 0
  const search = async () => {
    const mine = (asked += 1)
    const url = `${form.dataset.find}?${new URLSearchParams({ q: finder.value })}`
    const answer = await fetch(url).catch(() => null)
    if (mine !== asked || !answer?.ok) return
    found.innerHTML = await answer.text()
    form.querySelector("#h-pick").textContent = finder.value.trim()
      ? gettext("Found")
      : gettext("Since the last issue")
    markAll()
  }
  let waiting = 0
  finder.addEventListener("input", (event) => {
    event.stopPropagation()
    clearTimeout(waiting)
    waiting = setTimeout(search, 300)
  })
  finder.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return
    event.preventDefault()
    clearTimeout(waiting)
    search()
  })

  preview()
  checks()
  leaving()
  markAll()
}

function preview() {
  const frame = form.querySelector("iframe")
  const holder = frame.parentElement
  const tabs = form.querySelector(".nr-switch")
  const dark = tabs.querySelector("[data-dark]")
  let look = "phone"
  let timer = 0
  let place = 0
  tabs.hidden = false

  const show = () => {
    try {
      place = frame.contentWindow.scrollY
    } catch {
      place = 0 // somebody followed a link in it
    }
    const query = new URLSearchParams()
    if (look === "text") query.set("as", "text")
    if (dark.getAttribute("aria-pressed") === "true") query.set("in", "dark")
    const button = document.createElement("button")
    button.formAction = `${form.dataset.preview}?${query}`
    button.formTarget = "mail"
    button.hidden = true
    button.dataset.preview = ""
    form.append(button)
    form.requestSubmit(button)
    button.remove()
  }
  frame.addEventListener("load", () => {
    try {
      frame.contentWindow.scrollTo(0, place)
    } catch {
      // It shows another site.
    }
  })
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(show, 500)
  }
  form.addEventListener("input", later)
  form.addEventListener("change", later)

  tabs.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    if (button === dark) {
      dark.setAttribute("aria-pressed", String(dark.getAttribute("aria-pressed") !== "true"))
    } else {
      look = button.dataset.look
      holder.dataset.look = look
      for (const other of tabs.querySelectorAll("[data-look]")) {
        other.setAttribute("aria-pressed", String(other === button))
      }
    }
    place = 0
    show()
  })
}

function checks() {
  const place = form.querySelector("[data-problems]")
  let timer = 0
  let asked = 0
  const look = async () => {
    const mine = (asked += 1)
    const body = new FormData(form)
    const answer = await fetch(form.dataset.checks, { method: "POST", body }).catch(() => null)
    if (mine === asked && answer?.ok) place.innerHTML = await answer.text()
  }
  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(look, 800)
  }
  form.addEventListener("input", later)
  form.addEventListener("change", later)
  // What is folded away opens when the list leads there.
  const open = (event) => {
    const link = event.target.closest("a[href^='#field-']")
    if (!link) return
    event.preventDefault()
    const field = document.querySelector(link.getAttribute("href"))
    if (!field) return
    const folded = field.closest("details")
    if (folded) folded.open = true
    const control = field.querySelector("input:not([type=hidden]), textarea, select, [contenteditable]")
    field.scrollIntoView({ block: "center" })
    ;(control ?? field).focus()
  }
  place.addEventListener("click", open)
}

function leaving() {
  let isUnsaved = false
  form.addEventListener("input", (event) => {
    if (event.target.id !== "q") isUnsaved = true
  })
  form.addEventListener("change", () => (isUnsaved = true))
  form.addEventListener("submit", (event) => {
    const { formTarget } = event.submitter ?? {}
    if (!formTarget) isUnsaved = false
  })
  addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault()
  })
}
