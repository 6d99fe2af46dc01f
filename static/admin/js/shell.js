// Every page of the admin: the card of keys, menus that close, times in other zones,
// names for controls that Django leaves without one.

const isTyping = (event) =>
  event.target.closest("input, textarea, select, [contenteditable]")

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return
  if (event.key === "?") document.getElementById("keys")?.showModal()
  if (event.key === "/") {
    // The page's own search before the menu's, which stands above it.
    const field = ["#searchbar", "#q", "#nav-filter"]
      .map((name) => document.querySelector(name))
      .find(Boolean)
    if (field) {
      event.preventDefault()
      field.focus()
    }
  }
})

for (const menu of document.querySelectorAll(".nr-menu, .nr-more-actions")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return
    menu.open = false
    menu.querySelector("summary").focus()
  })
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false
  })
}

const twoDigits = (number) => String(number).padStart(2, "0")
const clock = (hours, minutes) => `${twoDigits(hours)}:${twoDigits(minutes)}`
const ownClock = (date) => clock(date.getHours(), date.getMinutes())
const utcClock = (date) => clock(date.getUTCHours(), date.getUTCMinutes())

// The offset, in minutes ahead of UTC, that the newsroom's clock has at a local time:
// the last entry that is not later. Entries and value compare as text.
const offsetAt = (offsets, local) => {
  let found = offsets[0][1]
  for (const [since, minutes] of offsets) if (since <= local) found = minutes
  return found
}

for (const field of document.querySelectorAll("input[data-zone][data-offsets]")) {
  const offsets = JSON.parse(field.dataset.offsets)
  const line = document.createElement("output")
  line.className = "nr-zones"
  line.htmlFor = field.id
  field.after(line)
  const show = () => {
    if (!field.value) {
      line.textContent = ""
      return
    }
    const wall = Date.parse(`${field.value}Z`)
    const moment = new Date(wall - offsetAt(offsets, field.value) * 60_000)
    const local = field.value.slice(11, 16)
    const words = field.dataset.words ?? "your clock"
    line.textContent =
      `${local} ${field.dataset.zone} = ${utcClock(moment)} UTC = ` +
      `${ownClock(moment)} ${words}`
  }
  field.addEventListener("input", show)
  show()
}

const desk = document.querySelector("[data-clock]")
const own = desk?.querySelector("[data-own-clock]")
if (own) {
  own.textContent = `${ownClock(new Date(desk.dataset.clock))} ${own.textContent}`
  own.hidden = false
}

// Select2 and the editor draw controls of their own and name them after nothing.
const labelOf = (part) =>
  part
    .closest(".form-row, .nr-field")
    ?.querySelector("label, legend")
    ?.textContent.trim()
const nameControls = () => {
  const parts =
    ".select2-selection, .select2-search__field, " +
    ".select2-selection__rendered[role=textbox]"
  for (const part of document.querySelectorAll(parts)) {
    const words = labelOf(part)
    if (!words || part.ariaLabel === words) continue
    part.removeAttribute("aria-labelledby")
    part.ariaLabel = words
  }
  for (const area of document.querySelectorAll(".ProseMirror[contenteditable=true]")) {
    if (!area.ariaLabel) area.ariaLabel = labelOf(area) ?? ""
  }
}
// After Django's own scripts, which wait for jQuery.
window.django?.jQuery?.(nameControls)
window.addEventListener("load", nameControls)
document.addEventListener("prose-editor:ready", nameControls)
document.addEventListener("formset:added", nameControls)
// Select2 makes a search field each time a list is opened.
document.addEventListener("focusin", nameControls)
