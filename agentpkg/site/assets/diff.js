// The difference of two texts, line by line.
"use strict";
const difference = (() => {
  const MOST = 4_000_000;
  const AROUND = 3;

  // Each line as [sign, text]: " " in both, "-" in the old one alone, "+" in the new one alone.
  function lines(before, after) {
    const [old, now] = [before, after].map((text) => (text ? text.replace(/\n$/, "").split("\n") : []));
    let start = 0;
    while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
    let end = 0;
    while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
    const middle = walk(old.slice(start, old.length - end), now.slice(start, now.length - end));
    const same = (text) => [" ", text];
    return [...old.slice(0, start).map(same), ...middle, ...old.slice(old.length - end).map(same)];
  }

  // By the longest lines in common; where that would take too long, all old lines and then all new ones.
  function walk(old, now) {
    if (old.length * now.length > MOST) return [...old.map((one) => ["-", one]), ...now.map((one) => ["+", one])];
    const width = now.length + 1;
    const common = new Uint32Array((old.length + 1) * width);
    for (let i = old.length - 1; i >= 0; i -= 1) {
      for (let j = now.length - 1; j >= 0; j -= 1) {
        common[i * width + j] = old[i] === now[j]
          ? common[(i + 1) * width + j + 1] + 1
          : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
      }
    }
    const found = [];
    let [i, j] = [0, 0];
    while (i < old.length || j < now.length) {
      if (i < old.length && j < now.length && old[i] === now[j]) {
        found.push([" ", old[i]]);
        i += 1;
        j += 1;
      } else if (j >= now.length || (i < old.length && common[(i + 1) * width + j] >= common[i * width + j + 1])) found.push(["-", old[i++]]);
      else found.push(["+", now[j++]]);
    }
    return found;
  }

  // The lines that changed with a few around them; null stands for those that are left out.
  function hunks(all) {
    const near = all.map((_, place) => all.slice(Math.max(0, place - AROUND), place + AROUND + 1).some(([sign]) => sign !== " "));
    const kept = [];
    all.forEach((line, place) => {
      if (near[place]) kept.push(line);
      else if (kept.at(-1) !== null) kept.push(null);
    });
    return kept;
  }

  return { lines, hunks };
})();
