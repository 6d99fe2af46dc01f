// Characters that keyboards hide: a button over the text opens them, by name.

import { Extension, crel } from "django-prose-editor/editor"

const CHARACTERS = [
  ["—", gettext("em dash")],
  ["–", gettext("en dash")],
  ["…", gettext("ellipsis")],
  ["\u00a0", gettext("no-break space"), gettext("nbsp")],
  ["\u202f", gettext("narrow no-break space"), gettext("narrow")],
  ["\u00ad", gettext("soft hyphen"), gettext("shy")],
  ["“", gettext("opening double quote")],
  ["”", gettext("closing double quote")],
  ["‘", gettext("opening single quote")],
  ["’", gettext("closing single quote, apostrophe")],
  ["«", gettext("opening guillemet")],
  ["»", gettext("closing guillemet")],
  ["„", gettext("low double quote")],
  ["€", gettext("euro")],
  ["£", gettext("pound")],
  ["₽", gettext("rouble")],
  ["₴", gettext("hryvnia")],
  ["₾", gettext("lari")],
  ["§", gettext("section sign")],
  ["№", gettext("numero sign")],
  ["°", gettext("degree")],
  ["×", gettext("times")],
  ["−", gettext("minus")],
  ["½", gettext("one half")],
  ["²", gettext("squared")],
  ["→", gettext("arrow to the right")],
  ["•", gettext("bullet")],
  ["†", gettext("dagger")],
]

function chooseCharacter(editor) {
  const close = crel("button", { className: "nr-btn", textContent: gettext("Close") })
  const grid = crel(
    "div",
    { className: "nr-characters__grid" },
    CHARACTERS.map(([character, name, shown]) =>
      crel("button", {
        type: "button",
        textContent: shown ?? character,
        title: name,
        value: character,
        "aria-label": name,
      }),
    ),
  )
  const dialog = crel(
    "dialog",
    { className: "nr-characters", "aria-label": gettext("Special characters") },
    [grid, crel("form", { method: "dialog" }, [close])],
  )
  document.body.append(dialog)
  grid.addEventListener("click", (event) => {
    const button = event.target.closest("button")
    if (!button) return
    dialog.close()
    editor.view.dispatch(editor.state.tr.insertText(button.value))
    editor.view.focus()
  })
  dialog.addEventListener("close", () => dialog.remove())
  dialog.showModal()
}

export const CharacterPicker = Extension.create({
  name: "characterPicker",
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "characterPicker",
      groups: "utility",
      button: buttons.text("Ω", gettext("Special characters")),
      command: chooseCharacter,
    })
  },
})
