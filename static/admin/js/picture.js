// The chosen picture: Django's own popup writes its number, we show what it is.

for (const chooser of document.querySelectorAll("[data-picture]")) {
  const input = chooser.querySelector("input[type=hidden]")
  const look = chooser.querySelector("[data-picture-look]")
  const remove = chooser.querySelector("[data-picture-remove]")

  const show = async () => {
    remove.hidden = !input.value
    if (!input.value) {
      const empty = document.createElement("span")
      empty.className = "nr-empty"
      empty.textContent = gettext("No lead picture yet.")
      look.replaceChildren(empty)
      return
    }
    const answer = await fetch(chooser.dataset.card.replace("/0/", `/${input.value}/`))
    if (!answer.ok || answer.redirected) return
    const card = await answer.json()
    const name = document.createElement("span")
    name.textContent = card.title
    const credit = document.createElement("span")
    credit.className = card.credit ? "nr-creditline" : "nr-badge"
    credit.textContent = card.credit || gettext("No credit")
    const picture = card.thumb ? document.createElement("img") : document.createElement("span")
    if (card.thumb) Object.assign(picture, { src: card.thumb, alt: card.alt })
    else picture.textContent = gettext("The picture is being prepared.")
    look.replaceChildren(picture, name, credit)
  }

  // The popup tells of its choice through jQuery, which native listeners don't hear.
  django.jQuery(input).on("change", show)
  remove.addEventListener("click", () => {
    input.value = ""
    show()
    input.dispatchEvent(new Event("change", { bubbles: true }))
    chooser.querySelector(".related-lookup").focus()
  })
}
