// Finds what lies beside the page, upon something else, or is cut off; see shapes.py.
() => {
  const found = [], all = [...document.body.querySelectorAll("*")];
  const say = (what, each) => found.push(`${what}: ${each.outerHTML.slice(0, 140)}`);
  const width = document.documentElement.clientWidth;
  const style = (each) => getComputedStyle(each);
  const unseen = (each) => !each.checkVisibility() || each.closest(".hidden, .skip, svg");
  if (document.documentElement.scrollWidth > width)
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);

  // Only tables and drawings may be wider than the page, each in a box of its own that the keyboard reaches.
  for (const each of all) {
    const box = each.getBoundingClientRect();
    if (!box.width || !box.height || unseen(each)) continue;
    const around = each.parentElement.closest(".scroll");
    if (!around && (box.right > width + 1 || box.left < -1)) say("beside the page", each);
    if (each.scrollWidth <= each.clientWidth + 1 || !each.clientWidth || style(each).display === "inline") continue;
    if (each.matches("input, textarea, select")) continue;
    const overflow = style(each).overflowX;
    if (/auto|scroll/.test(overflow)) {
      if (!each.matches(".scroll[tabindex='0']") || !each.querySelector("table, svg")) say("scrolls by itself", each);
    } else if (/hidden|clip/.test(overflow)) say("cut off", each);
  }

  for (const each of document.querySelectorAll("svg text")) {
    const box = each.getBoundingClientRect(), sheet = each.ownerSVGElement.getBoundingClientRect();
    if (box.left < sheet.left - 1 || box.right > sheet.right + 1) say("cut off", each);
    if (box.height < 9) say("too small", each);
  }

  // No text lies upon another one. Lines may touch: letters are smaller than the boxes that browsers give them.
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim() || unseen(node.parentElement) || node.parentElement.closest("option, textarea")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const around = node.parentElement.closest(".scroll")?.getBoundingClientRect() ?? { left: -Infinity, right: Infinity };
    for (const { left, right, top, bottom } of range.getClientRects()) {
      const less = (bottom - top) * 0.3;
      // Of what scrolls by itself, the part that is seen.
      const box = { left: Math.max(left, around.left) + 1, right: Math.min(right, around.right) - 1 };
      if (box.right > box.left) texts.push({ node, ...box, top: top + less, bottom: bottom - less });
    }
  }
  texts.sort((a, b) => a.top - b.top);
  texts.forEach((a, at) => {
    for (let next = at + 1; next < texts.length && texts[next].top < a.bottom; next += 1) {
      const b = texts[next];
      if (a.node !== b.node && a.left < b.right && b.left < a.right) {
        found.push(`upon each other: ${a.node.data.trim().slice(0, 60)} | ${b.node.data.trim().slice(0, 60)}`);
      }
    }
  });
  return found;
}
