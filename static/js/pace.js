/* When to ask, and when to be still: by what this browser alone knows and keeps. What
   its letters mean stands in newsroom/support/appeals/asks.py. */
const NAME = "pace";
const READING_DAYS = 30;
const SIDES = 16384;
const IN_THE_WAY = ["banner", "inside"];

export const dayOf = (milliseconds) => Math.floor(milliseconds / 864e5);

const stored = (storage) => {
  try {
    const found = JSON.parse(storage()[NAME]);
    return found && typeof found === "object" ? found : {};
  } catch { return {}; }
};

export const open = (storage, isPrivate) => {
  const kept = {};
  const memory = { keeps: false, kept };
  /* Another window may have kept something meanwhile: that stays. */
  memory.keep = (change) => {
    if (memory.keeps) {
      Object.keys(kept).forEach((name) => delete kept[name]);
      Object.assign(kept, stored(storage));
    }
    change(kept);
    if (!memory.keeps) return;
    try {
      if (Object.keys(kept).length) storage()[NAME] = JSON.stringify(kept);
      else delete storage()[NAME];
    } catch { memory.keeps = false; }
  };
  try {
    const found = storage()[NAME];
    if (isPrivate) {
      if (found) delete storage()[NAME];
      return memory;
    }
    storage()[NAME] = found ?? "{}";
    memory.keeps = true;
  } catch { /* not allowed */ }
  memory.keep(() => {});
  return memory;
};

const since = (day, then) => then === undefined ? Infinity : day - then;
const within = (value, [least, most]) => value >= (least ?? 0) && value <= (most ?? Infinity);
const speaks = (codes, language) => codes.some((code) => (language + "-").startsWith(code + "-"));

export const tidy = (kept, pace, day) => {
  if (!pace.r) delete kept.r;
  if (!pace.v) delete kept.d;
  if (since(day, kept.u) > 366) delete kept.u;
  if (since(day, kept.a) > 366) delete kept.a;
  if (kept.r && since(day, kept.r[1]) >= READING_DAYS) delete kept.r;
  for (const [message, [, first]] of Object.entries(kept.t ?? {})) {
    if (since(day, first) > 366) delete kept.t[message];
  }
};

export const countReading = (kept, day) => {
  kept.r = kept.r ? [kept.r[0] + 1, kept.r[1]] : [1, day];
};

/* Whether a message (its `data-ask`) suits this reader today. */
export const fits = (ask, pace, reader) => {
  const { day, keeps, kept, width, language } = reader;
  if (ask.w && !within(width, ask.w)) return false;
  if (ask.l && !speaks(ask.l, language)) return false;
  if (ask.n && speaks(ask.n, language)) return false;
  const isInTheWay = IN_THE_WAY.includes(ask.k);
  if (!keeps) return !isInTheWay;
  if (ask.k !== "page" && day < kept.u) return false;
  if (isInTheWay && since(day, kept.a) < pace.s) return false;
  if (ask.s && since(day, kept.a) < ask.s) return false;
  if (kept.u !== undefined) {
    /* It may have been a “Not now” or a gift: both are respected. */
    if (ask.c && day < kept.u - pace.c + ask.c) return false;
    if (ask.g && day < kept.u - pace.g + ask.g) return false;
  }
  if (ask.r && !within(kept.r?.[0] ?? 0, ask.r)) return false;
  const times = kept.t?.[ask.p];
  return !ask.t || !times || since(day, times[1]) >= ask.t[1] || times[0] < ask.t[0];
};

export const noteShown = (kept, ask, day) => {
  if (IN_THE_WAY.includes(ask.k) || ask.s) kept.a = day;
  if (!ask.t) return;
  kept.t ??= {};
  const times = kept.t[ask.p];
  kept.t[ask.p] = times && since(day, times[1]) < ask.t[1] ? [times[0] + 1, times[1]] : [1, day];
};

export const calm = (kept, day, days) => {
  kept.u = Math.max(kept.u ?? 0, day + days);
};

export const throwDie = () => 1 + Math.floor(Math.random() * (SIDES - 1));

/* Shuffles the sides of the die for each message and loses none: shares are exact. */
export const pick = (variants, die, message) => {
  const share = [0x2545, 0x1f35, 0x3a8d].reduce((number, factor) => {
    const mixed = Math.imul(number + message, factor) & (SIDES - 1);
    return mixed ^ (mixed >> 7);
  }, die);
  const all = variants.reduce((sum, [, weight]) => sum + weight, 0);
  let upTo = 0;
  for (const [variant, weight] of variants) {
    upTo += weight;
    if (share * all < upTo * SIDES) return variant;
  }
};

/* In the minor unit; 0 if it is no amount. */
export const minor = (typed, digits) => {
  const [, whole, part = ""] = /^(\d{1,9})(?:[.,](\d{1,3}))?$/.exec(typed.trim()) ?? [];
  return whole && part.length <= digits ? Number(whole + part.padEnd(digits, "0")) : 0;
};

const run = (script) => {
  const pace = JSON.parse(script.dataset.pace);
  const memory = open(() => localStorage, navigator.globalPrivacyControl);
  const { kept } = memory;
  const day = dayOf(Date.now());
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const asks = all("[data-ask]").map((place) => ({ place, ...JSON.parse(place.dataset.ask) }));
  memory.keep(() => {
    tidy(kept, pace, day);
    if (pace.given) calm(kept, day, pace.g);
    if (pace.a && memory.keeps) countReading(kept, day);
    if (pace.v && !kept.d && asks.some((ask) => ask.v.length > 1)) kept.d = throwDie();
  });

  const tells = pace.v && memory.keeps;
  const told = new Set();
  const tell = (what, variant) => { if (tells) told.add(what + variant); };
  const send = () => {
    if (told.size) navigator.sendBeacon("/n/", [...told].join("."));
    told.clear();
  };
  addEventListener("pagehide", send);
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") send(); });

  const reader = {
    day, kept, keeps: memory.keeps, width: innerWidth, language: (navigator.language ?? "").toLowerCase(),
  };

  const word = (ask) => {
    ask.variant = tells && ask.v.length > 1 ? pick(ask.v, kept.d, ask.p) : ask.v[0][0];
    for (const part of all("[data-v]", ask.place)) {
      part.hidden = part.dataset.v !== String(ask.variant);
      if (!part.hidden && part.dataset.button) {
        all("form[data-for] button", ask.place).forEach((button) => { button.textContent = part.dataset.button; });
      }
    }
    if (tells || ask.v.length < 2) {
      all("[name=v]", ask.place).forEach((field) => { field.disabled = false; field.value = ask.variant; });
    }
    if (memory.keeps && kept.r) {
      all("[data-read]", ask.place).forEach((number) => { number.textContent = kept.r[0].toLocaleString(); });
      all("[data-if-read]", ask.place).forEach((part) => { part.hidden = kept.r[0] < 2; });
    }
    all("[data-calms], .strip [data-calm]", ask.place).forEach((part) => { part.hidden = false; });
  };

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      const ask = asks.find(({ place }) => place === target);
      memory.keep(() => noteShown(kept, ask, day));
      tell("s", ask.variant);
    }
  });

  const goAway = (ask, isGiver) => {
    tell("c", ask.variant);
    memory.keep(() => calm(kept, day, isGiver ? pace.g : pace.c));
    const gone = memory.keeps ? asks : [ask];
    gone.forEach(({ place }) => { place.hidden = true; });
    const answer = document.createElement("aside");
    answer.className = "calm__answer";
    answer.tabIndex = -1;
    answer.lang = ask.place.closest("[lang]").lang;
    answer.dir = ask.place.closest("[dir]").dir;
    answer.textContent = pace.w[memory.keeps ? +isGiver : 2];
    ask.place.before(answer);
    answer.focus({ preventScroll: true });
  };

  /* Nothing may move what is being read. */
  const isBelow = (place) => {
    if (!performance.getEntriesByType("paint").length) return true;
    const above = place.previousElementSibling?.getBoundingClientRect().bottom;
    return above === undefined || above >= innerHeight;
  };
  const taken = new Set();
  for (const ask of asks) {
    const { place } = ask;
    const isInTheWay = IN_THE_WAY.includes(ask.k);
    const isFirst = !taken.has(isInTheWay ? "way" : ask.k);
    place.hidden = !(isFirst && fits(ask, pace, reader) && (ask.k !== "inside" || isBelow(place)));
    if (place.hidden) continue;
    taken.add(isInTheWay ? "way" : ask.k);
    word(ask);
    seen.observe(place);
    place.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-calm]");
      if (button) goAway(ask, button.dataset.calm === "1");
      else if (target.closest("a[data-v]")) tell("g", ask.variant);
    });
    place.addEventListener("input", ({ target }) => {
      if (target.name !== "other" || !target.value) return;
      all("[name=amount]:checked", target.form).forEach((radio) => { radio.checked = false; });
    });
    place.addEventListener("submit", ({ target }) => { if (target.dataset.for) tell("g", ask.variant); });
    place.addEventListener("formdata", ({ target, formData }) => {
      if (!target.dataset.for) return;
      const amount = minor(formData.get("other") ?? "", Number(target.dataset.digits));
      if (amount) formData.set("amount", amount);
      if (amount || !formData.get("other")) formData.delete("other");
    });
  }
};

const script = document.querySelector("[data-pace]");
if (script) run(script);
