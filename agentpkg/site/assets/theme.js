// Before anything is painted: which colours the reader chose here, and that there are scripts.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // storage may be refused; then the system's colours are used
  }
})();
