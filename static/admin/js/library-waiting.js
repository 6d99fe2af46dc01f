// Copies are made in the background: ask for them until they are there. And in the
// choosing window, one click chooses a picture that has only just been added.

const pause = 2000
const patience = 90
let asked = 0
let timer = null

document.addEventListener("library:added", () => {
  asked = 0
  ask()
})
document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-popup-opener]")
  // The admin's own script has heard the links that the page came with.
  if (!chosen || event.defaultPrevented || !opener?.dismissRelatedLookupPopup) return
  event.preventDefault()
  opener.dismissRelatedLookupPopup(window, chosen.dataset.popupOpener)
})
ask()

async function ask() {
  clearTimeout(timer)
  const places = [...document.querySelectorAll("[data-waiting]")]
  if (!places.length || asked >= patience) return
  asked += 1
  for (const place of places) {
    try {
      const answer = await fetch(place.dataset.waiting)
      if (answer.ok && !answer.redirected) show(place, await answer.json())
    } catch {
      // Asked again after the pause.
    }
  }
  timer = setTimeout(ask, pause)
}

function show(place, card) {
  if (!card.thumb) return
  if (place.matches("figure")) {
    for (const image of document.querySelectorAll("[data-picture]")) {
      image.setAttribute("href", card.preview)
    }
    place.querySelector(".nr-focal__waiting")?.remove()
    place.removeAttribute("data-waiting")
    return
  }
  const image = new Image(480, 320)
  image.alt = card.alt
  image.src = card.thumb
  place.replaceWith(image)
}
