// Counts anew, a moment after a condition was changed, who meets what the form says.

const pause = 400
const output = document.querySelector("output[data-count]")
const form = output?.closest("form")
let timer = null
let asked = 0

form?.addEventListener("input", () => {
  clearTimeout(timer)
  timer = setTimeout(count, pause)
})

async function count() {
  const number = ++asked
  try {
    const answer = await fetch(output.dataset.count, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    })
    const { words } = await answer.json()
    // An earlier question may be answered later.
    if (number === asked) output.textContent = words
  } catch {
    if (number === asked) output.textContent = ""
  }
}
