// Light or dark: the system's theme until the user chooses. A classic script in the head, so that the wrong theme never flashes.
(() => {
  const place = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is disabled: the system's theme stays
    }
  };
  const now = () => place.dataset.theme ?? (dark.matches ? "dark" : "light");
  if (["light", "dark"].includes(chosen())) place.dataset.theme = chosen();

  document.addEventListener("DOMContentLoaded", () => {
    const toggle = document.getElementById("theme");
    const show = () => {
      const other = now() === "dark" ? "light" : "dark";
      toggle.querySelector("span").textContent = toggle.dataset[other];
      toggle.title = toggle.textContent;
      toggle.querySelector("i").className = `icon ${other === "dark" ? "moon" : "sun"}`;
    };
    toggle.addEventListener("click", () => {
      place.dataset.theme = now() === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("theme", place.dataset.theme);
      } catch {
        // the choice then lasts until the page is closed
      }
      show();
    });
    dark.addEventListener("change", show);
    show();
  });
})();
