/* Loaded before the page: sets the colour scheme before the first paint. */
(() => {
  const root = document.documentElement;
  const kept = () => { try { return localStorage.theme; } catch { return null; } };
  const keep = (theme) => { try { localStorage.theme = theme; } catch { /* not allowed */ } };
  if (kept()) root.dataset.theme = kept();
  /* Sent away not long ago: what asks is not painted at all. */
  const isCalm = () => {
    try { return JSON.parse(localStorage.pace).u > Math.floor(Date.now() / 864e5); } catch { return false; }
  };
  if (!navigator.globalPrivacyControl && isCalm()) root.dataset.calm = "";

  const theme = (radio) => {
    if (radio.value === kept()) radio.checked = true;
    radio.addEventListener("change", () => {
      root.dataset.theme = radio.value;
      keep(radio.value);
    });
  };

  const OURS = ["theme", "pace"];
  const forget = (button) => {
    const isKept = () => { try { return OURS.some((name) => localStorage[name]); } catch { return false; } };
    button.hidden = !isKept();
    document.addEventListener("change", () => { button.hidden = !isKept(); });
    addEventListener("click", () => setTimeout(() => { button.hidden &&= !isKept(); }));
    button.addEventListener("click", () => {
      OURS.forEach((name) => localStorage.removeItem(name));
      delete root.dataset.theme;
      delete root.dataset.calm;
      document.querySelector('[name="theme"]').checked = true;
      button.textContent = button.dataset.done;
    });
  };

  const copy = (button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = button.dataset.done;
    });
  };

  const player = (facade) => facade.addEventListener("click", (event) => {
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.title = facade.dataset.title;
    frame.allow = "autoplay; encrypted-media; fullscreen; picture-in-picture";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.tabIndex = 0;
    frame.src = facade.dataset.player;
    facade.replaceWith(frame);
    frame.focus();
  });

  /* Times in the reader's own zone; today's stories by the clock. */
  const now = new Date();
  const format = (element, at, options) => {
    const language = element.closest("[lang]").lang;
    return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options).format(at);
  };
  const hours = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const time = (element) => {
    const at = new Date(element.dateTime);
    const isToday = at.toDateString() === now.toDateString();
    const { moment, clock } = element.dataset;
    if (moment !== undefined) {
      element.textContent = format(element, at, { dateStyle: "long" }) + ", " + format(element, at, hours);
    } else if (isToday) {
      element.textContent = format(element, at, hours);
    } else if (clock !== undefined) {
      element.textContent = format(element, at, { day: "numeric", month: "short" });
    }
  };
  const today = (element) => {
    const timeZone = element.dataset.today;
    element.textContent = format(element, now, { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone });
  };

  /* A form that is answered where it stands; without scripts it leads to a page. */
  const inPlace = (form) => form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.ariaBusy) return;
    form.ariaBusy = "true";
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { "X-In-Place": "1" } });
      if (!answer.ok && answer.status !== 422) throw answer.status;
      const parsed = document.createElement("template");
      parsed.innerHTML = await answer.text();
      const next = parsed.content.querySelector("form, [role=status]");
      form.replaceWith(next);
      if (next.matches("form")) inPlace(next);
      (next.querySelector("[aria-invalid], [data-focus]") ?? next).focus();
    } catch {
      form.submit();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    const each = (selector, what) => document.querySelectorAll(selector).forEach(what);
    each('[name="theme"]', theme);
    each("[data-copy]", copy);
    each("[data-forget]", forget);
    each("[data-player]", player);
    each("[data-in-place]", inPlace);
    each("[data-moment], [data-day], [data-clock]", time);
    each("[data-today]", today);
    each("[data-clock-note]", (note) => note.remove());
  });
})();
