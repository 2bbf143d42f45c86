/** Elements are created as DOM nodes, so that foreign text is never parsed as HTML. */

export const byId = (id) => document.getElementById(id);

/** `element("p", { className: "hint", onclick }, "text", node)`; names with a dash are attributes; `null` children are skipped. */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Announces a sentence to screen readers, after their current one. */
export function announce(sentence) {
  byId("status").textContent = sentence;
}
