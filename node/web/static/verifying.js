// Shows on its page what verify.js says of a proof. All words are in the page, in the reader's language; what
// is of the proof becomes text and nothing else.
const form = document.getElementById("check");
const { check } = await import(form.dataset.module);
const all = (what) => [...document.querySelectorAll(what)];
const show = (what, wanted) => all(`[data-${what}]`).forEach((each) => (each.hidden = each.dataset[what] !== wanted));
const written = (fact) => typeof fact !== "object" ? `${fact}`
  : JSON.stringify(fact, (_, part) => part instanceof Uint8Array ? `(${part.length} bytes)` : part, 2);
const proof = async () => {
  const [file] = form.elements.file.files;
  if (file) return file.arrayBuffer();
  const answer = await fetch(form.dataset.proof);
  if (!answer.ok) throw answer;
  return answer.arrayBuffer();
};
form.hidden = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  // What was said of another file must not stand while this one is looked at, nor be kept from being said anew.
  show("verdict");
  const { fingerprint, cosigners } = form.elements;
  const names = cosigners.value.split(/\s+/).filter((each) => each);
  let found = { steps: {}, refused: { step: "file", reason: "unread" } };
  try {
    found = await check(new Uint8Array(await proof()), fingerprint.value, names);
  } catch {}
  const { steps, refused } = found;
  for (const step of all("[data-step]")) {
    const facts = steps[step.dataset.step];
    const state = facts ? "passed" : step.dataset.step === refused.step ? "refused" : "open";
    for (const mark of step.querySelectorAll("[data-state]")) mark.hidden = mark.dataset.state !== state;
    for (const fact of step.querySelectorAll("[data-fact]")) {
      const value = facts?.[fact.dataset.fact];
      const shown = fact.dataset.fact === "seen" ? value && new Date(value * 1000).toJSON() : value;
      fact.textContent = shown === undefined ? "–" : written(shown);
    }
  }
  show("reason", refused?.reason);
  // A key that was mistyped says nothing against the file.
  const unread = refused?.step === "cosigners" && refused.reason === "form";
  show("verdict", unread ? "uncounted" : refused ? "refused" : steps.keys.pinned ? "passed" : "unpinned");
});
