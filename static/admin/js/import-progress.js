// Writes how far a file is read, and loads the page anew when it is done.

const pause = 1000
const output = document.querySelector("output[data-progress]")
if (output) setTimeout(ask, pause)

async function ask() {
  try {
    const answer = await fetch(output.dataset.progress)
    if (answer.ok && !answer.redirected) {
      const { rows, is_over } = await answer.json()
      if (is_over) {
        location.reload()
        return
      }
      output.textContent = rows.toLocaleString(document.documentElement.lang)
    }
  } catch {
    // Asked again after the pause.
  }
  setTimeout(ask, pause)
}
