// The writing page: fields that grow, counters, the search snippet, links from what is
// missing to its field, keys, and a warning before leaving unsaved text.

const form = document.querySelector("#article_form")
if (form) begin()

function begin() {
  growingFields()
  counters()
  snippet()
  missingLinks()
  keys()
  unsaved()
  document.addEventListener("prose-editor:ready", (event) => wordCount(event.detail.editor))
}

function growingFields() {
  const fields = [...form.querySelectorAll("[data-grow]")]
  const grow = (field) => {
    field.style.height = "auto"
    field.style.height = `${field.scrollHeight}px`
  }
  const all = () => fields.forEach(grow)
  for (const field of fields) field.addEventListener("input", () => grow(field))
  addEventListener("resize", all)
  document.fonts?.ready.then(all)
  all()
  // A headline is one line of thought: Enter goes on to the next field.
  for (const [from, to] of [["kicker", "headline"], ["headline", "standfirst"]]) {
    form.elements[from]?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return
      event.preventDefault()
      form.elements[to].focus()
    })
  }
}

function counters() {
  for (const field of form.querySelectorAll("[data-count]")) {
    const output = document.createElement("output")
    const most = Number(field.dataset.count)
    output.className = "nr-counter"
    output.htmlFor = field.id
    field.after(output)
    const show = () => {
      const { length } = field.value
      output.hidden = !length
      output.classList.toggle("is-over", length > most)
      output.textContent =
        length > most
          ? interpolate(gettext("%s over %s"), [length - most, most])
          : `${length} / ${most}`
    }
    field.addEventListener("input", show)
    show()
  }
}

function snippet() {
  for (const line of document.querySelectorAll("[data-mirror]")) {
    const fields = line.dataset.mirror.split(" ").map((name) => form.elements[name])
    const show = () => {
      const filled = fields.find((field) => field?.value)
      line.textContent = (filled?.value || line.dataset.empty).slice(0, 160)
    }
    for (const field of fields) field?.addEventListener("input", show)
    show()
  }
}

function missingLinks() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]")
    if (!link) return
    event.preventDefault()
    const row = form.querySelector(`.field-${link.dataset.goto}`)
    if (!row) return
    row.closest("details")?.setAttribute("open", "")
    row.scrollIntoView({ block: "center" })
    row
      .querySelector(".ProseMirror, textarea, select, .related-lookup, input:not([type=hidden])")
      ?.focus({ preventScroll: true })
    row.classList.add("is-wanted")
    setTimeout(() => row.classList.remove("is-wanted"), 2400)
  })
}

function keys() {
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return
    const name =
      event.key === "s" && !event.shiftKey ? "_save"
      : event.shiftKey && event.key.toLowerCase() === "p" ? "_preview"
      : event.shiftKey && event.key === "Enter" ? "_publish"
      : null
    const button = name && form.querySelector(`button[name=${name}]`)
    if (!button) return
    event.preventDefault()
    form.requestSubmit(button)
  })
}

function unsaved() {
  const state = document.querySelector("[data-saved]")
  let isDirty = false
  const note = () => {
    if (isDirty) return
    isDirty = true
    state.dataset.saved = "new"
    state.textContent = gettext("Not saved yet")
  }
  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, (event) => {
      if (event.isTrusted || event.target.closest("[data-order], .prose-editor")) note()
    })
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "_preview") isDirty = false
  })
  addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault()
  })
}

function wordCount(editor) {
  const line = document.querySelector(".nr-wordline")
  const label = form.querySelector("label[for=id_body]")?.textContent.trim()
  if (label) editor.view.dom.setAttribute("aria-label", label)
  editor.view.dom.setAttribute("role", "textbox")
  editor.view.dom.setAttribute("aria-multiline", "true")
  const [words, characters, minutes] = ["words", "characters", "minutes"].map((name) =>
    line.querySelector(`[data-${name}]`),
  )
  const show = () => {
    const text = editor.getText({ blockSeparator: "\n" })
    const count = text.match(/[\p{L}\p{N}][\p{L}\p{N}’'-]*/gu)?.length ?? 0
    words.textContent = `${count} ${count === 1 ? words.dataset.one : words.dataset.many}`
    characters.textContent = `${text.replaceAll("\n", "").length} ${characters.dataset.many}`
    minutes.textContent = `${Math.max(1, Math.round(count / 220))} ${minutes.dataset.many}`
  }
  editor.on("update", show)
  show()
}
