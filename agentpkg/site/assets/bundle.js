// A bundle's page: the files of each host, and what two versions differ in.
"use strict";
(() => {
  const { make } = catalogue;
  let preview = null;

  async function fill(details) {
    const place = details.querySelector(".files");
    if (place.childElementCount) return;
    preview ??= catalogue.load("preview", "preview.js");
    try {
      const { bodies, files } = await preview;
      if (place.childElementCount) return;
      for (const [path, parts] of files[details.dataset.host] ?? []) {
        const text = parts.map((part) => (typeof part === "number" ? bodies[part] : part)).join("");
        place.append(make("p", { class: "path" }, make("code", {}, path)), make("pre", { dir: "auto", tabindex: "0", role: "region", "aria-label": path }, text));
      }
    } catch {
      place.append(make("p", { class: "quiet" }, "The files could not be loaded."));
    }
  }

  for (const details of document.querySelectorAll("details.host")) {
    details.addEventListener("toggle", () => details.open && fill(details));
    if (details.open) fill(details);
  }

  // Come to what the address names, also where it is folded away.
  function unfold() {
    const there = document.getElementById(location.hash.slice(1));
    if (there?.matches("details")) there.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();

  // Badges are shown elsewhere, so their addresses are whole ones.
  for (const code of document.querySelectorAll("code[data-badge]")) {
    if (location.protocol === "file:") continue;
    const [picture, page] = [new URL(code.dataset.badge, location), new URL("index.html", location)];
    const label = code.textContent.slice(3).split("]")[0];
    code.textContent = `[![${label}](${picture})](${page})`;
  }
})();

(() => {
  const { make } = catalogue;
  const at = (id) => document.getElementById(id);
  const [before, after, place] = [at("old"), at("new"), at("difference")];
  if (!before) return;
  let versions = null;

  function told(rows) {
    const list = make("ul", { class: "gains" });
    for (const [agent, gained, lost] of rows) {
      if (lost === null) list.append(make("li", {}, `${agent} is gone`));
      const say = (verb, sign, powers) => powers?.length &&
        list.append(make("li", { class: verb }, `${sign} ${agent} ${verb} `, make("code", { dir: "auto" }, powers.join(", ").replace(/^\*$/, "every tool"))));
      say("gains", "+", gained);
      say("loses", "−", lost);
    }
    return list.childElementCount ? list : make("p", { class: "quiet" }, "Every agent may do what it could before.");
  }

  function textOf(path, lines) {
    const block = make("div", { class: "diff", dir: "auto" });
    const words = { "+": "added: ", "-": "taken away: ", " ": "" };
    for (const line of difference.hunks(lines)) {
      if (line === null) {
        block.append(make("span", { class: "skipped" }, "…"));
        continue;
      }
      const [sign, text] = line;
      const mark = make("span", { class: "sign", "aria-hidden": "true" }, sign);
      const kind = { "+": "plus", "-": "minus", " ": "same" }[sign];
      block.append(make("span", { class: kind }, mark, make("span", { class: "hidden" }, words[sign]), text || " "));
    }
    return [make("h4", {}, make("code", {}, path)), block];
  }

  async function compare() {
    versions ??= catalogue.load("versions", "versions.js");
    let data;
    try {
      data = await versions;
    } catch {
      at("difference-told").textContent = "The versions could not be loaded.";
      return;
    }
    const [old, now] = [before, after].map((one) => data.versions.find((row) => row.version === one.value));
    const text = (row, path) => (path in row.files ? data.texts[row.files[path]] : "");
    const paths = [...new Set([...Object.keys(old.files), ...Object.keys(now.files)])].sort();
    const changed = paths.filter((path) => old.files[path] !== now.files[path]);
    at("difference-told").textContent = changed.length
      ? `${changed.length} file${changed.length === 1 ? "" : "s"} differ${changed.length === 1 ? "s" : ""} from ${before.value} to ${after.value}`
      : `${before.value} and ${after.value} are the same`;
    const rows = data.changes[`${old.powers}>${now.powers}`];
    const powers = rows || old.powers === now.powers ? told(rows ?? []) : make("p", {}, "There are too many sets of powers to compare these two here.");
    place.replaceChildren(make("h3", {}, "Powers"), powers);
    if (changed.length) place.append(make("h3", {}, "Text"));
    for (const path of changed) place.append(...textOf(path, difference.lines(text(old, path), text(now, path))));
    try {
      history.replaceState(null, "", `#compare=${before.value}..${after.value}`);
    } catch {
      // a page that was opened as a file may not be able to
    }
  }

  at("show").addEventListener("click", compare);
  const asked = /^#compare=([^.]+\.[^.]+\.[^.]+)\.\.(.+)$/.exec(location.hash);
  if (asked) {
    const known = [...before.options].map((one) => one.value);
    if (known.includes(asked[1]) && known.includes(asked[2])) {
      [before.value, after.value] = [asked[1], asked[2]];
      compare().then(() => at("compare").scrollIntoView());
    }
  }
})();
