// Find a row by name and put it on the list (ARIA combobox with a listbox).

for (const chooser of document.querySelectorAll("[data-chooser]")) begin(chooser)

function begin(chooser) {
  const list = chooser.querySelector("[data-order]")
  const input = chooser.querySelector("[role=combobox]")
  const found = chooser.querySelector("[role=listbox]")
  const pattern = chooser.querySelector("template")
  const mayCreate = "mayCreate" in chooser.dataset
  let active = -1
  let waiting = 0
  let asked = 0

  const options = () => [...found.children]
  const close = () => {
    found.hidden = true
    found.replaceChildren()
    input.setAttribute("aria-expanded", "false")
    input.removeAttribute("aria-activedescendant")
    active = -1
  }
  const point = (number) => {
    const all = options()
    if (!all.length) return
    active = (number + all.length) % all.length
    all.forEach((option, n) => option.setAttribute("aria-selected", n === active))
    input.setAttribute("aria-activedescendant", all[active].id)
    all[active].scrollIntoView({ block: "nearest" })
  }
  const add = (id, name) => {
    const row = pattern.content.firstElementChild.cloneNode(true)
    row.querySelector("input").value = id
    row.querySelector(".nr-item__name").textContent = name
    list.append(row)
    input.value = ""
    close()
    input.focus()
    row.dispatchEvent(new Event("change", { bubbles: true }))
  }
  const show = (rows) => {
    found.replaceChildren(
      ...rows.map(({ id, text, label }, number) => {
        const option = document.createElement("li")
        option.id = `${found.id}_${number}`
        option.setAttribute("role", "option")
        option.textContent = label ?? text
        option.addEventListener("pointerdown", (event) => event.preventDefault())
        option.addEventListener("click", () => add(id, text))
        return option
      }),
    )
    found.hidden = !rows.length
    input.setAttribute("aria-expanded", String(!found.hidden))
    active = -1
    if (rows.length) point(0)
  }
  const find = async () => {
    const term = input.value.trim()
    const mine = ++asked
    const address = `${chooser.dataset.find}&term=${encodeURIComponent(term)}`
    const answer = await fetch(address)
    if (!answer.ok || answer.redirected || mine !== asked) return
    const { results } = await answer.json()
    const rows = results.slice(0, 8).map(({ id, text }) => ({ id, text }))
    const known = rows.some((row) => row.text.toLowerCase() === term.toLowerCase())
    if (mayCreate && term && !known) {
      const label = interpolate(gettext("New: %s"), [term])
      rows.push({ id: `new:${term}`, text: term, label })
    }
    show(rows)
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting)
    if (input.value.trim()) waiting = setTimeout(find, 150)
    else close()
  })
  input.addEventListener("blur", () => setTimeout(close, 150))
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      // Enter chooses; it must never send the form from here.
      event.preventDefault()
      if (active >= 0) options()[active].click()
    } else if (event.key === "ArrowDown") {
      event.preventDefault()
      if (found.hidden) find()
      else point(active + 1)
    } else if (event.key === "ArrowUp" && !found.hidden) {
      event.preventDefault()
      point(active - 1)
    } else if (event.key === "Escape" && !found.hidden) {
      event.preventDefault()
      close()
    }
  })
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]")
    if (!button) return
    const row = button.closest("li")
    const next = row.nextElementSibling ?? row.previousElementSibling
    row.remove()
    const stay = next?.querySelector("[data-remove]") ?? input
    stay.focus()
    list.dispatchEvent(new Event("change", { bubbles: true }))
  })
}
