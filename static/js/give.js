/* The support page: shows the sum, and lets two presses begin one gift. Everything
   works without it. After a payment: looks whether the provider has confirmed it. */
(() => {
  const form = document.querySelector("[data-give]");
  const waiting = document.querySelector("[data-waiting]");
  const LOOKS = 20;
  const PAUSE = 3000;

  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const chosen = (name) => form.querySelector(`[name="${name}"]:checked`);
  const fill = (words, ...sums) => sums.reduce((said, sum) => said.replace("#", () => sum), words);

  const written = (minor, { pattern, digits }) => {
    const whole = minor % 10 ** digits === 0;
    const places = whole ? 0 : Number(digits);
    const number = (minor / 10 ** digits).toLocaleString(form.lang === "en" ? "en-GB" : form.lang, { minimumFractionDigits: places, maximumFractionDigits: places });
    return pattern.replace("#", () => number);
  };

  /* As the server reads it; what it would not take shows no sum. */
  const typed = (words, digits) => {
    const plain = words.replace(/(?<=\d)[ ’'\u00a0\u202f](?=\d{3}(?!\d))/g, "").replace(",", ".").replace(/[^\d.]/g, "");
    const [, whole, rest = ""] = plain.match(/^(\d{1,12})(?:\.(\d{1,3}))?$/) ?? [];
    return whole && rest.length <= digits ? Number(whole + rest.padEnd(digits, "0")) : 0;
  };

  const amount = (frequency, currency) => {
    const name = `${frequency.value}_${currency.value}`;
    const other = form.elements[`other_${name}`]?.value ?? "";
    return other.trim() ? typed(other, Number(currency.dataset.digits)) : Number(chosen(`amount_${name}`)?.value ?? 0);
  };

  /* Whole numbers throughout: the server counts the same, and its sum is the one paid. */
  const withFee = (minor, way, code) => {
    const fixed = Object.fromEntries(way.dataset.fixed.split(" ").map((one) => one.split(":")));
    const rest = 100_000 - Math.round(Number(way.dataset.fee) * 1000);
    return Math.ceil(((minor + Number(fixed[code] ?? 0)) * 100_000) / rest);
  };

  const showSum = () => {
    const [frequency, currency, way] = ["frequency", "currency", "method"].map(chosen);
    const place = form.querySelector("[data-sum]");
    const minor = frequency && currency ? amount(frequency, currency) : 0;
    const whole = way && minor ? withFee(minor, way, currency.value) : minor;
    const more = form.querySelector("[data-more]");
    const sums = [whole, minor].map((one) => written(one, currency.dataset));
    more.textContent = minor && whole > minor ? fill(place.dataset.moreWords, ...sums) : "";
    place.hidden = !minor;
    place.textContent = minor ? fill(place.dataset[frequency.value], form.elements.cover.checked ? sums[0] : sums[1]) : "";
  };

  /* A way to pay that no longer fits gives way to the first that does. */
  const keepFitting = () => {
    const [frequency, currency] = [chosen("frequency"), chosen("currency")];
    const fits = (way) => {
      const { takes, in: places } = way.closest("li").dataset;
      return takes.split(" ").includes(frequency?.value) && places.split(" ").includes(currency?.dataset.place);
    };
    const ways = [...form.querySelectorAll('[name="method"]')];
    if (!ways.some((way) => way.checked && fits(way))) (ways.find(fits) ?? {}).checked = true;
  };

  const begin = () => {
    form.elements.key.value ||= random();
    form.addEventListener("input", ({ target }) => {
      const [kind, ...name] = target.name.split("_");
      const group = name.join("_");
      if (kind === "other" && target.value.trim()) form.querySelectorAll(`[name="amount_${group}"]`).forEach((tile) => { tile.checked = false; });
      if (kind === "amount" && form.elements[`other_${group}`]) form.elements[`other_${group}`].value = "";
      if (kind === "frequency" || kind === "currency") keepFitting();
      showSum();
    });
    const button = form.querySelector("[data-busy-words]");
    const words = button?.textContent;
    const rest = () => {
      form.ariaBusy = null;
      if (button) button.textContent = words;
    };
    form.addEventListener("submit", (event) => {
      if (form.ariaBusy) { event.preventDefault(); return; }
      form.ariaBusy = "true";
      if (button) button.textContent = button.dataset.busyWords;
      setTimeout(rest, 15_000);
    });
    addEventListener("pageshow", ({ persisted }) => { if (persisted) rest(); });
    showSum();
    (document.getElementById("wrong") ?? form.querySelector("[data-focus]"))?.focus();
  };

  const look = async (left) => {
    if (!left) return;
    try {
      const page = await (await fetch(location.href, { cache: "no-store" })).text();
      if (!page.includes("data-waiting")) { location.reload(); return; }
    } catch { /* out of reach: look again */ }
    setTimeout(look, PAUSE, left - 1);
  };

  if (form) begin();
  if (waiting) setTimeout(look, PAUSE, LOOKS);
})();
