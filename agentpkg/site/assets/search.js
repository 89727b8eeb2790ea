// The front page: search as you type, filters, keys, and an address that holds what is searched for.
"use strict";
(() => {
  const { make } = catalogue;
  const main = document.getElementById("main");
  const hosts = JSON.parse(main.dataset.hosts);
  const traits = JSON.parse(main.dataset.traits);
  const at = (id) => document.getElementById(id);
  const [ask, keyword, host, grants] = ["q", "keyword", "host", "grants"].map(at);
  const found = at("found");
  const atRest = [...found.children];
  const PAGE = 50;
  const rows = [];
  let shown = [];
  let loaded = null;
  let typed = -Infinity;

  function take(data) {
    for (const [name, version, description, keywords, others, held, without, powers, gone] of data) {
      const [low, agents] = [keywords, others].map((texts) => texts.map((one) => one.toLowerCase()));
      const search = { parts: name.split("-"), keywords: low, text: description.toLowerCase(), agents };
      rows.push({ name, version, description, tags: keywords, held, without, powers, gone, ...search });
    }
  }

  // Load the index once, all parts of it side by side.
  function index() {
    loaded ??= Promise.all(
      [...Array(Number(main.dataset.parts)).keys()].map((part) => catalogue.load("index", `data/index-${part}.js`).then(take)),
    );
    return loaded;
  }

  const bit = (number, place) => Math.floor(number / 2 ** place) % 2 === 1;
  const count = (number) => hosts.filter((_, place) => bit(number, place)).length;

  function state() {
    const fields = { q: ask.value.trim(), keyword: keyword.value, host: host.value, grants: grants.value };
    return Object.entries(fields).filter(([, value]) => value);
  }

  function results() {
    const wanted = Object.fromEntries(state());
    const tag = (wanted.keyword ?? "").toLowerCase();
    const kept = rows.filter((row) =>
      (!tag || row.keywords.includes(tag)) &&
      (!wanted.host || bit(row.held, hosts.indexOf(wanted.host))) &&
      (!wanted.grants || bit(row.without, traits.indexOf(wanted.grants))));
    return ranking.search(kept, (wanted.q ?? "").toLowerCase().split(/\s+/).filter(Boolean));
  }

  function rowOf(row) {
    const facts = make("p", { class: "facts" });
    if (row.powers) facts.append(make("span", { class: "powers" }, row.powers));
    facts.append(make("span", { class: "holds" }, `${count(row.held)} of ${hosts.length} hosts`));
    for (const tag of row.tags) facts.append(make("span", { class: "tag", dir: "auto" }, tag));
    const link = make("a", { class: "name", href: `bundles/${row.name}/index.html` }, row.name);
    const title = make("h3", {}, link, " ", make("span", { class: "version" }, row.version));
    if (row.gone) title.append(" ", make("span", { class: "state refused" }, row.version ? "yanked" : "unreadable"));
    return make("li", { class: "row" }, title,
      make("p", { class: "about", dir: "auto" }, row.description), facts);
  }

  function showNothing() {
    const place = at("nothing");
    const words = ask.value.trim().toLowerCase();
    const filtered = keyword.value || host.value || grants.value;
    place.replaceChildren(make("p", {}, words ? `No bundle fits “${ask.value.trim()}”${filtered ? " with these filters" : ""}.` : "No bundle fits these filters."));
    const near = words ? ranking.nearest(rows, words, 3) : [];
    if (near.length) {
      const line = make("p", {}, "Did you mean ");
      near.forEach((row, number) => {
        if (number) line.append(number === near.length - 1 ? " or " : ", ");
        line.append(make("a", { href: `bundles/${row.name}/index.html` }, row.name));
      });
      line.append("?");
      place.append(line);
    }
    if (filtered) place.append(make("p", {}, "Fewer filters find more."));
  }

  async function show() {
    const idle = !state().length;
    at("pages").hidden = !idle;
    if (at("news")) at("news").hidden = !idle;
    at("clear").hidden = idle;
    for (const id of ["nothing", "more"]) at(id).hidden = true;
    if (idle) {
      found.replaceChildren(...atRest);
      at("told").textContent = "";
      return;
    }
    try {
      await index();
    } catch {
      at("told").textContent = "The search could not be loaded.";
      return;
    }
    if (!state().length) return;
    shown = results();
    found.replaceChildren(...shown.slice(0, PAGE).map(rowOf));
    at("more").hidden = shown.length <= PAGE;
    at("nothing").hidden = shown.length > 0;
    if (!shown.length) showNothing();
    at("told").textContent = `${shown.length.toLocaleString("en")} bundle${shown.length === 1 ? "" : "s"} found`;
    found.dataset.for = ask.value;
  }

  // Keep the address in step: a new entry for every filter and every pause in typing, so that going back goes there.
  function keep(push) {
    const query = new URLSearchParams(state()).toString();
    const address = location.pathname + (query ? `?${query}` : "");
    if (address === location.pathname + location.search) return;
    try {
      history[push ? "pushState" : "replaceState"](null, "", address);
    } catch {
      // a page that was opened as a file may not be able to
    }
  }

  function choose(select, value) {
    const there = [...select.options].some((one) => one.value === value);
    if (!there && value) select.append(make("option", { value }, value));
    select.value = value;
  }

  function restore() {
    const query = new URLSearchParams(location.search);
    ask.value = query.get("q") ?? "";
    choose(keyword, query.get("keyword") ?? "");
    for (const [select, key, known] of [[host, "host", hosts], [grants, "grants", traits]]) {
      select.value = known.includes(query.get(key)) ? query.get(key) : "";
    }
    return show();
  }

  ask.addEventListener("input", () => {
    const now = performance.now();
    keep(now - typed > 1000);
    typed = now;
    show();
  });
  for (const select of [keyword, host, grants]) {
    select.addEventListener("change", () => {
      keep(true);
      show();
    });
  }
  at("clear").addEventListener("click", () => {
    for (const field of [ask, keyword, host, grants]) field.value = "";
    keep(true);
    show();
    ask.focus();
  });
  at("more").addEventListener("click", () => {
    const there = found.children.length;
    found.append(...shown.slice(there, there + PAGE).map(rowOf));
    at("more").hidden = found.children.length >= shown.length;
    found.children[there].querySelector("a").focus();
  });
  addEventListener("popstate", restore);
  ask.addEventListener("focus", () => index().catch(() => {}), { once: true });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const active = document.activeElement;
    const links = [...found.querySelectorAll("a.name")];
    const place = links.indexOf(active);
    if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName)) ask.select(), ask.focus();
    else if (event.key === "ArrowDown" && (active === ask || place >= 0)) links[place + 1]?.focus();
    else if (event.key === "ArrowUp" && place >= 0) (links[place - 1] ?? ask).focus();
    else if (event.key === "Enter" && active === ask && state().length) show().then(() => found.querySelector("a.name")?.click());
    else if (event.key === "Escape" && place >= 0) ask.focus();
    else return;
    event.preventDefault();
  });
  restore();
})();
