// The order of what a search finds, that of `agentpkg search`: see agentpkg/ranking.py. What stands only in the name
// of an agent comes last.
"use strict";
const ranking = (() => {
  const letter = "[\\p{L}\\p{N}_]";

  // How well one word fits a bundle, 0 being best; null where it does not stand in it at all.
  function fit(word, whole, row) {
    const tests = [
      () => row.name === word,
      () => row.name.startsWith(word),
      () => row.parts.includes(word),
      () => row.keywords.includes(word),
      () => row.name.includes(word),
      () => row.keywords.some((one) => one.includes(word)),
      () => row.text.includes(word) && whole.test(row.text),
      () => row.text.includes(word),
      () => row.agents.some((one) => one.includes(word)),
    ];
    const place = tests.findIndex((test) => test());
    return place < 0 ? null : place;
  }

  // The rows in which every word stands, best first, then by name; those that nobody can install come last.
  function search(rows, words) {
    const joined = words.join("-");
    const wholes = words.map((word) => {
      const plain = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return new RegExp(`(?<!${letter})${plain}(?!${letter})`, "u");
    });
    const found = [];
    for (const row of rows) {
      const places = words.map((word, at) => fit(word, wholes[at], row));
      if (words.length && joined === row.name) found.push([-1, 0, row]);
      else if (!places.includes(null)) found.push([Math.max(0, ...places), places.reduce((a, b) => a + b, 0), row]);
    }
    found.sort((a, b) => a[2].gone - b[2].gone || a[0] - b[0] || a[1] - b[1] || (a[2].name < b[2].name ? -1 : 1));
    return found.map((one) => one[2]);
  }

  function pairs(text) {
    const found = new Set();
    const padded = ` ${text} `;
    for (let at = 0; at + 2 <= padded.length; at += 1) found.add(padded.slice(at, at + 2));
    return found;
  }

  // The bundles that somebody may have meant by a text that stands in none.
  function nearest(rows, text, most) {
    const wanted = pairs(text);
    const near = [];
    for (const row of rows) {
      let best = 0;
      for (const word of new Set([row.name, ...row.parts, ...row.keywords])) {
        let shared = 0;
        for (const pair of pairs(word)) if (wanted.has(pair)) shared += 1;
        best = Math.max(best, (2 * shared) / (wanted.size + word.length + 1));
      }
      if (best >= 0.4) near.push([best, row]);
    }
    near.sort((a, b) => b[0] - a[0] || (a[1].name < b[1].name ? -1 : 1));
    return near.slice(0, most).map((one) => one[1]);
  }

  return { search, nearest };
})();
