// What the body has beyond the editor's own nodes: a picture of the library (kept as
// its number, never an address), an embed (kept as data), a pull quote; quotes that
// turn into the language's own while typing; paste that keeps structure and no more.

import {
  Extension,
  InputRule,
  Node,
  Plugin,
  TrailingNode,
  crel,
  mergeAttributes,
  updateAttrsDialog,
} from "django-prose-editor/editor"
import { cleanPastedHTML } from "./editor_paste.js"

export { CharacterPicker } from "./editor_characters.js"
export { TrailingNode }

const WIDTHS = {
  column: gettext("Column"),
  wide: gettext("Wide"),
  half: gettext("Half"),
}
const icon = (path) =>
  `<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" aria-hidden="true"><path d="${path}"/></svg>`
const ICONS = {
  picture: icon("M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01"),
  embed: icon("M4 5h16v14H4zM10 9v6l5-3z"),
  pull: icon("M4 6h16M4 18h16M8 10h8M8 14h5"),
}

const figureAttributes = (name, attribute) => ({
  [name]: {
    default: null,
    parseHTML: (element) => element.getAttribute(attribute),
    renderHTML: (attributes) => ({ [attribute]: attributes[name] }),
  },
  width: {
    default: "column",
    parseHTML: (element) => element.dataset.width || "column",
    renderHTML: (attributes) => ({ "data-width": attributes.width }),
  },
})

// Move the node at `position` past its neighbour: the way without dragging.
function moveNode(editor, position, direction) {
  const { state, view } = editor
  const node = state.doc.nodeAt(position)
  const place = state.doc.resolve(position)
  const index = place.index()
  const other = index + (direction === "up" ? -1 : 1)
  if (!node || other < 0 || other >= place.parent.childCount) return position
  const shift = place.parent.child(other).nodeSize * (direction === "up" ? -1 : 1)
  const transaction = state.tr.delete(position, position + node.nodeSize)
  const target = position + shift
  transaction.insert(target, node)
  view.dispatch(transaction.scrollIntoView())
  return target
}

// The tools over a figure: move, width, edit, remove. All are buttons with names.
function figureTools(editor, getPos, edit) {
  const button = (words, text, act) => {
    const dom = crel("button", { type: "button", className: "nr-fig__tool", textContent: text, title: words, "aria-label": words })
    dom.addEventListener("click", (event) => {
      event.preventDefault()
      act()
    })
    return dom
  }
  const again = (position, name) => {
    const dom = editor.view.nodeDOM(position)
    dom?.querySelector?.(`[aria-label="${name}"]`)?.focus()
  }
  const up = gettext("Move up")
  const down = gettext("Move down")
  const select = crel("select", { className: "nr-fig__tool", "aria-label": gettext("Width") },
    Object.entries(WIDTHS).map(([value, textContent]) => crel("option", { value, textContent })))
  select.addEventListener("change", () => {
    const node = editor.state.doc.nodeAt(getPos())
    editor.view.dispatch(
      editor.state.tr.setNodeMarkup(getPos(), null, { ...node.attrs, width: select.value }),
    )
  })
  const bar = crel("div", { className: "nr-fig__tools" }, [
    button(up, "↑", () => again(moveNode(editor, getPos(), "up"), up)),
    button(down, "↓", () => again(moveNode(editor, getPos(), "down"), down)),
    select,
    button(gettext("Change"), gettext("Change"), edit),
    button(gettext("Remove"), gettext("Remove"), () => {
      const position = getPos()
      const node = editor.state.doc.nodeAt(position)
      editor.chain().focus().deleteRange({ from: position, to: position + node.nodeSize }).run()
    }),
  ])
  bar.contentEditable = "false"
  return { bar, select }
}

// What we change in a figure is no edit: only words in its caption are.
const isOurs = (mutation, caption) =>
  mutation.type === "attributes" || !caption.contains(mutation.target)

// One popup serves the whole body: Django's own, which writes into a hidden input.
function pickImage(libraryUrl, then) {
  const id = "id_body_figure"
  document.getElementById(id)?.remove()
  const input = crel("input", { type: "hidden", id })
  document.body.append(input)
  django.jQuery(input).on("change", () => {
    then(input.value)
    input.remove()
  })
  const href = new URL(libraryUrl, location.href).href
  showRelatedObjectLookupPopup({ id: `lookup_${id}`, href })
}

const libraryUrl = () => document.querySelector("#lookup_id_lead_image").href
const cardUrl = (image) =>
  document.querySelector("[data-picture]").dataset.card.replace("/0/", `/${image}/`)

// How a figure looks while writing: its tools, what it shows, its caption. `looks` gives
// the parts round the caption, `show(attributes)` and `change(attributes, replace)`.
const figureView = (name, looks) => ({ node, editor, getPos }) => {
  const caption = crel("figcaption", { "data-placeholder": gettext("Caption for this use") })
  const { className, above, below, show, change } = looks(caption)
  const replace = (attributes) => {
    const current = editor.state.doc.nodeAt(getPos()).attrs
    editor.view.dispatch(
      editor.state.tr.setNodeMarkup(getPos(), null, { ...current, ...attributes }),
    )
  }
  const edit = () => change(editor, editor.state.doc.nodeAt(getPos()).attrs, replace)
  const { bar, select } = figureTools(editor, getPos, edit)
  const dom = crel("figure", { className }, [bar, ...above, caption, ...below])
  for (const part of [...above, ...below]) part.contentEditable = "false"
  const showAll = (attributes) => {
    select.value = attributes.width
    dom.dataset.width = attributes.width
    show(attributes)
  }
  showAll(node.attrs)
  return {
    dom,
    contentDOM: caption,
    stopEvent: (event) => bar.contains(event.target),
    ignoreMutation: (mutation) => isOurs(mutation, caption),
    update(updated) {
      if (updated.type.name !== name) return false
      showAll(updated.attrs)
      return true
    },
  }
}

// What both kinds of figure are to the editor; `attribute` is kept as `key`.
const figureNode = ({ name, key, attribute, looks, button, insert }) =>
  Node.create({
    name,
    group: "block",
    content: "inline*",
    draggable: true,
    isolating: true,
    addAttributes: () => figureAttributes(key, attribute),
    parseHTML: () => [{ tag: `figure[${attribute}]`, contentElement: "figcaption" }],
    renderHTML: ({ HTMLAttributes }) => ["figure", mergeAttributes(HTMLAttributes), ["figcaption", 0]],
    addNodeView: () => figureView(name, looks),
    addMenuItems({ menu, buttons }) {
      menu.defineItem({
        name,
        groups: "nodes",
        button: buttons.svg(...button),
        active: (editor) => editor.isActive(name),
        command: (editor) =>
          insert(editor, (attrs) =>
            editor.chain().focus().insertContent({ type: name, attrs }).run(),
          ),
      })
    },
  })

function looksOfPicture(caption) {
  const image = crel("img", { alt: "" })
  const credit = crel("small", { className: "nr-fig__credit" })
  let shown = null
  const show = async ({ image: number }) => {
    if (shown === number) return
    shown = number
    const answer = await fetch(cardUrl(number))
    if (answer.redirected) return // signed out meanwhile
    if (!answer.ok) {
      credit.textContent = gettext("This picture is gone from the library.")
      credit.className = "nr-fig__credit nr-lack"
      return
    }
    const card = await answer.json()
    image.hidden = !card.thumb
    if (card.thumb) image.src = card.thumb
    image.alt = card.alt
    if (card.caption) caption.dataset.placeholder = card.caption
    credit.textContent = card.credit || gettext("No credit")
    credit.classList.toggle("nr-lack", !card.credit)
  }
  const change = (editor, attributes, replace) =>
    pickImage(libraryUrl(), (number) => replace({ image: number }))
  return { className: "nr-fig", above: [image], below: [credit], show, change }
}

export const LibraryFigure = figureNode({
  name: "libraryFigure",
  key: "image",
  attribute: "data-image",
  looks: looksOfPicture,
  button: [ICONS.picture, gettext("Picture from the library")],
  insert: (editor, put) => pickImage(libraryUrl(), (image) => put({ image })),
})

const embedDialog = updateAttrsDialog(
  {
    url: {
      type: "string",
      format: "url",
      title: gettext("Address of the video, post or sound"),
      description: gettext("Nothing loads from there until the reader clicks."),
      required: true,
    },
  },
  { title: gettext("Embed"), submitText: gettext("Put in") },
)

function looksOfEmbed() {
  const where = crel("p", { className: "nr-fig__embed" })
  const show = ({ url }) => {
    where.textContent = url
  }
  const change = async (editor, attributes, replace) => {
    const typed = await embedDialog(editor, attributes)
    if (typed) replace(typed)
  }
  return { className: "nr-fig nr-fig--embed", above: [where], below: [], show, change }
}

export const EmbedFigure = figureNode({
  name: "embedFigure",
  key: "url",
  attribute: "data-embed",
  looks: looksOfEmbed,
  button: [ICONS.embed, gettext("Embed")],
  insert: async (editor, put) => {
    const typed = await embedDialog(editor, { url: "" })
    if (typed?.url) put(typed)
  },
})

export const PullQuote = Node.create({
  name: "pullQuote",
  group: "block",
  content: "paragraph+",
  defining: true,
  parseHTML: () => [{ tag: "aside[data-pull]" }],
  renderHTML: () => ["aside", { "data-pull": "1" }, 0],
  addMenuItems({ menu, buttons }) {
    menu.defineItem({
      name: "pullQuote",
      groups: "nodes",
      button: buttons.svg(ICONS.pull, gettext("Pull quote")),
      active: (editor) => editor.isActive("pullQuote"),
      command: (editor) => editor.chain().focus().toggleWrap("pullQuote").run(),
    })
  },
})

// Opening and closing marks, double and single, by the article's language.
const QUOTES = {
  en: "“”‘’",
  ru: "«»„“",
  uk: "«»„“",
  be: "«»„“",
  de: "„“‚‘",
  fr: "«»“”",
  ka: "„“‚‘",
}
const quote = (place) => {
  const language = document.querySelector("#id_language")?.value.slice(0, 2)
  return (QUOTES[language] ?? QUOTES.en)[place]
}
const typed = (find, text) =>
  new InputRule({
    find,
    handler: ({ state, range, match }) => {
      const mark = match[1] ?? match[0]
      const from = range.from + match[0].lastIndexOf(mark)
      state.tr.insertText(text(), from, range.to)
    },
  })

export const SmartQuotes = Extension.create({
  name: "smartQuotes",
  addInputRules: () => [
    typed(/(?:^|[\s{[(<'"‘“«„—–])(")$/, () => quote(0)),
    typed(/"$/, () => quote(1)),
    typed(/(?:^|[\s{[(<"“«„—–])(')$/, () => quote(2)),
    typed(/'$/, () => quote(3)),
    typed(/--$/, () => "—"),
    typed(/\.\.\.$/, () => "…"),
  ],
})

export const CleanPaste = Extension.create({
  name: "cleanPaste",
  addOptions: () => ({ tracking: "" }),
  addProseMirrorPlugins() {
    const tracking = new RegExp(`^(${this.options.tracking})$`, "i")
    const transformPastedHTML = (html) => cleanPastedHTML(html, tracking)
    return [new Plugin({ props: { transformPastedHTML } })]
  },
})
