// What comes from Word and Google Docs, made plain: their lists become lists, links
// lose what tracks the reader (``tracking`` is the server's pattern of such parameters).
// The server cleans again when the text is stored.

function withoutTracking(address, tracking) {
  let url
  try {
    url = new URL(address)
  } catch {
    return address
  }
  // Google Docs wraps links in a redirect of its own.
  if (/^(www\.)?google\.com$/.test(url.hostname) && url.pathname === "/url") {
    const target = url.searchParams.get("q")
    if (target) return withoutTracking(target, tracking)
  }
  const names = [...url.searchParams.keys()].filter((name) => tracking.test(name))
  if (!names.length) return address
  for (const name of names) url.searchParams.delete(name)
  return url.href
}

const level = (paragraph) =>
  Number(/mso-list:[^;]*level(\d+)/i.exec(paragraph.getAttribute("style") ?? "")?.[1] ?? 0)

// Word writes a list as paragraphs with the mark typed in front of the words.
function makeLists(body) {
  for (const first of [...body.querySelectorAll("p")]) {
    if (!first.isConnected || !level(first)) continue
    const run = []
    for (let next = first; next?.tagName === "P" && level(next); next = next.nextElementSibling) {
      run.push(next)
    }
    const place = body.ownerDocument.createComment("")
    first.before(place)
    const top = []
    const open = []
    for (const paragraph of run) {
      const depth = Math.min(level(paragraph), open.length + 1)
      const mark = paragraph.querySelector("[style*='mso-list:Ignore' i], [style*='mso-list: Ignore' i]")
      const isNumbered = /^[\s(]*(\d+|[a-z]{1,3})[.)]/i.test(mark?.textContent ?? paragraph.textContent)
      mark?.remove()
      open.length = Math.min(open.length, depth)
      if (open.length < depth) {
        const list = body.ownerDocument.createElement(isNumbered ? "ol" : "ul")
        const above = open.at(-1)?.lastElementChild
        if (above) above.append(list)
        else top.push(list)
        open.push(list)
      }
      const item = body.ownerDocument.createElement("li")
      const words = body.ownerDocument.createElement("p")
      words.append(...paragraph.childNodes)
      words.innerHTML = words.innerHTML.replace(/^(\s|&nbsp;|·|•|o(?=\s|&nbsp;))+/, "")
      item.append(words)
      open.at(-1).append(item)
      paragraph.remove()
    }
    place.replaceWith(...top)
  }
}

export function cleanPastedHTML(html, tracking) {
  const body = new DOMParser().parseFromString(html, "text/html").body
  makeLists(body)
  for (const link of body.querySelectorAll("a[href]")) {
    link.setAttribute("href", withoutTracking(link.getAttribute("href"), tracking))
  }
  // Empty paragraphs are how word processors make space; ours comes from the style.
  for (const paragraph of body.querySelectorAll("p")) {
    const isEmpty = !paragraph.textContent.trim() && !paragraph.querySelector("img, br, figure")
    if (isEmpty && !paragraph.closest("li, td, th")) paragraph.remove()
  }
  for (const odd of body.querySelectorAll("o\\:p, style, meta, link, script")) odd.remove()
  return body.innerHTML
}
