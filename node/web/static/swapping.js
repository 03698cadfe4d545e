// Shows the results of a form in place, without loading the page anew. The page works the same without it: it
// asks for the same addresses, and whatever does not go as planned is left to the browser.
const form = document.querySelector("form.finder");
const part = (page, what) => page.querySelector(what);
let newest = 0;
const address = () => {
  const given = [...new FormData(form)].filter(([, value]) => value);
  return `${form.action}?${new URLSearchParams(given)}`;
};
// What is announced to those who cannot see it has to stay the same element.
const fill = (old, fresh) => {
  const status = part(old, "[role=status]");
  const after = [...fresh.children].filter((each) => !part(each, "[role=status]"));
  status.replaceChildren(...part(fresh, "[role=status]").childNodes);
  old.replaceChildren(status.parentElement, ...after);
};
const swap = async (url, focus) => {
  const mine = ++newest;
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== newest) return;
    if (!answer.ok) throw answer;
    const { name, value } = document.activeElement;
    const open = new Set([...document.querySelectorAll(".side details[open] > summary")].map((each) => each.textContent));
    for (const each of page.querySelectorAll(".side details")) each.open ||= open.has(part(each, "summary").textContent);
    fill(part(document, ".results"), part(page, ".results"));
    for (const what of [".side", "footer"]) part(document, what).replaceWith(part(page, what));
    document.title = page.title;
    if (focus) return part(document, ".results").scrollIntoView();
    [...form.elements].find((each) => each.name === name && each.value === value)?.focus();
  } catch {
    location.assign(url);
  }
};
const go = (url, focus) => {
  history.pushState(null, "", url);
  return swap(url, focus);
};
form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(address());
});
form.addEventListener("change", ({ target }) => {
  if (target.form === form && /checkbox|select/.test(target.type)) go(address());
});
form.addEventListener("click", (event) => {
  const link = event.target.closest(".results a, .side a");
  const plain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !plain || link.download || link.pathname !== location.pathname) return;
  event.preventDefault();
  go(link.href, true);
});
addEventListener("popstate", () => swap(location.href));
