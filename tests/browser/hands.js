// Writes down where the tabulator key leads; see hands.py.
() => {
  const usable = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter((each) => !each.disabled && each.checkVisibility({ visibilityProperty: true }))
    // One radio button of a group is reached by the tabulator, the others by arrows.
    .filter((each) => each.type !== "radio" || each.checked
      || ![...document.getElementsByName(each.name)].some((one) => one.checked || one.compareDocumentPosition(each) & 4));
  const known = new Map(usable.map((each, at) => [each, at]));
  const walk = (window.walk = []);
  document.addEventListener("focusin", ({ target }) => {
    const style = getComputedStyle(target), box = target.getBoundingClientRect();
    walk.push({
      at: known.get(target) ?? -1,
      what: target.outerHTML.slice(0, 120),
      seen: (style.outlineStyle === "auto" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2))
        && box.bottom > 0 && box.top < innerHeight,
      left: box.left + scrollX, right: box.right + scrollX, top: box.top + scrollY, bottom: box.bottom + scrollY,
    });
  });
  document.activeElement?.blur();
  return usable.map((each) => each.outerHTML.slice(0, 120));
}
