// What all pages share: data that is loaded when it is needed, the colours, and copying.
"use strict";
const catalogue = (() => {
  const waiting = new Map();

  // Data comes as scripts that call this: those can be loaded from files, too.
  function take(kind, data) {
    waiting.get(kind)?.push(data);
  }

  // Load a data script, and return what it hands over.
  function load(kind, url) {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      const got = [];
      script.src = url;
      script.onload = () => {
        script.remove();
        const data = waiting.get(kind).shift();
        data === undefined ? failed(new Error(url)) : done(data);
      };
      script.onerror = () => failed(new Error(url));
      if (!waiting.has(kind)) waiting.set(kind, got);
      document.head.append(script);
    });
  }

  // Make an element. Texts become text, and never markup.
  function make(tag, attributes = {}, ...inside) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...inside);
    return element;
  }

  return { take, load, make };
})();

(() => {
  const told = { "": "as the system has them", light: "light", dark: "dark" };
  const button = document.querySelector("[data-theme-switch]");
  const root = document.documentElement;

  function say() {
    const words = `Colours: ${told[root.dataset.theme ?? ""]}`;
    button.setAttribute("aria-label", words);
    button.title = words;
  }

  button.addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const order = dark ? ["", "light", "dark"] : ["", "dark", "light"];
    const next = order[(order.indexOf(root.dataset.theme ?? "") + 1) % 3];
    if (next) root.dataset.theme = next;
    else delete root.dataset.theme;
    try {
      next ? localStorage.setItem("theme", next) : localStorage.removeItem("theme");
    } catch {
      // then it holds for this page
    }
    say();
  });
  say();
})();

(() => {
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = catalogue.make("textarea", { class: "hidden" });
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy"); // where a page is not served safely, or is a file
      field.remove();
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    await copy(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
    button.classList.add("done");
    setTimeout(() => {
      button.textContent = "Copy";
      button.classList.remove("done");
    }, 1600);
  });
})();
