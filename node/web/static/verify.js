// Checks a .tlog-proof file in the reader's browser, as protocol/proof.py does (C2SP tlog-proof, signed-note and
// tlog-cosignature; RFC 6962). It asks nobody: the file, the fingerprint and the cosigners are the reader's.
// Bit operations of JavaScript have 32 bits, so logs of 2^31 entries and more are refused ("limit").
// Whatever is not as it must be throws: with a reason by `must`, else it is a matter of form.
const utf8 = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const P = 2n ** 255n - 19n;
// Keys of low order, under which one signature fits every text (see protocol/keys.py).
const LOW = [0n, 1n, P - 1n, 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n];
const must = (holds, reason = "form") => {
  if (!holds) throw { reason };
};
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, 0)).join("");
const big = (bytes) => BigInt("0x" + hex(bytes));
const sha256 = async (...parts) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(parts.flatMap((part) => [...part]))));
const base64 = (text, length) => {
  const raw = atob(text);
  must(btoa(raw) === text && (!length || raw.length === length));
  return Uint8Array.from(raw, (sign) => sign.charCodeAt());
};
const number = (text) => {
  must(/^(0|[1-9]\d{0,18})$/.test(text));
  must(+text < 2 ** 31, "limit");
  return +text;
};
const note = (bytes) => {
  const whole = decoder.decode(bytes);
  const cut = whole.lastIndexOf("\n\n") + 1;
  const text = whole.slice(0, cut);
  const lines = whole.slice(cut + 1, -1).split("\n");
  must(cut && whole.endsWith("\n") && lines.length < 101 && !/[\0-\t\v-\x1f]/.test(text));
  return { text, lines: lines.map((line) => {
    const [, name, data] = /^— ([^\s+\0-\x1f]+) (\S+)$/.exec(line);
    const bytes = base64(data);
    must(bytes.length > 4);
    return { by: name + hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
  }) };
};
const vkey = async (text, type) => {
  const [, name, id, data] = /^([^\s+]+)\+(.{8})\+(.+)$/.exec(text);
  const bytes = base64(data, 33);
  const key = bytes.slice(1);
  const y = big(bytes.slice(1).reverse()) % 2n ** 255n;
  must(bytes[0] === type && y < P && !LOW.includes(y));
  must(hex(await sha256(utf8.encode(name + "\n"), bytes)).startsWith(id));
  return { name, by: name + id, key, hex: hex(key) };
};
const verify = async (key, signature, text) => {
  const imported = await crypto.subtle.importKey("raw", key, "Ed25519", true, ["verify"]);
  must(await crypto.subtle.verify("Ed25519", imported, signature, utf8.encode(text)), "signature");
};
const line = (signed, key) => signed.lines.find((line) => line.by === key.by)?.signature;
// Which of some keys signed, as hex; none of them may have tried and failed.
const signers = async (signed, keys) => {
  const found = keys.filter((key) => line(signed, key));
  for (const each of found) await verify(each.key, line(signed, each), signed.text);
  return found.map((key) => key.hex);
};
const cosigned = async (signed, key) => {
  const signature = line(signed, key);
  if (!signature) return;
  const time = big(signature.slice(0, 8));
  must(signature.length === 72 && time < 2n ** 63n);
  await verify(key.key, signature.slice(8), `cosignature/v1\ntime ${time}\n${signed.text}`);
  return Number(time);
};
const keyset = async (text) => {
  const [, origin, version, after, lines, threshold, log, beat] =
/^fedcat\/keys\/v1\norigin (\S{1,200})\nversion (\S+)\nafter (\S+)\n((?:root \S+\n){1,16})threshold (\S+)\nlog (\S+)\nbeat (\S+)\n(?:url \S+\n){0,8}(?:predecessor .+\n)?$/.exec(text);
  const roots = await Promise.all(lines.match(/\S+(?=\n)/g).map((each) => vkey(each, 1)));
  const set = { origin, version: number(version), after: number(after), roots, least: number(threshold),
log: await vkey(log, 1), beat: await vkey(beat, 4) };
  must(roots.every((root) => root.name.startsWith(origin + "/root/")) && set.log.name === origin && set.beat.name === origin);
  must(new Set([...roots, set.log, set.beat].map((key) => key.hex)).size === roots.length + 2);
  must(set.least && set.least <= roots.length && (set.version < 2) === !set.after);
  return set;
};
// msgpack, as far as statements and the extra line have it (protocol/packing.py).
const unpack = (bytes) => {
  let at = 0;
  const take = (count) => {
    must((at += count) <= bytes.length);
    return bytes.slice(at - count, at);
  };
  const text = (size) => decoder.decode(take(size));
  const list = (size) => Array.from({ length: size }, value);
  const map = (size) => {
    const found = Object.fromEntries(Array.from({ length: size }, () => [value(), value()]));
    must(Object.keys(found).length === size);
    return found;
  };
  const value = () => {
    const [tag] = take(1);
    const raw = (base) => big(take(2 ** (tag - base)));
    if (tag < 0x80) return tag;
    if (tag < 0x90) return map(tag & 15);
    if (tag < 0xa0) return list(tag & 15);
    if (tag < 0xc0) return text(tag & 31);
    if (tag < 0xc4) return [null, must(tag !== 0xc1), false, true][tag & 3];
    if (tag > 0xdf) return tag - 256;
    if (tag > 0xdd) return map(Number(raw(0xdd)));
    if (tag > 0xdb) return list(Number(raw(0xdb)));
    if (tag > 0xd8) return text(Number(raw(0xd9)));
    must(tag < 0xc7 || (tag > 0xcb && tag < 0xd4));
    if (tag < 0xc7) return take(Number(raw(0xc4)));
    return Number(tag < 0xd0 ? raw(0xcc) : BigInt.asIntN(8 << (tag - 0xd0), raw(0xd0)));
  };
  const found = value();
  must(at === bytes.length);
  return found;
};
// Returns the facts of each step that was passed, and the step and reason of a refusal.
export const check = async (bytes, fingerprint = "", cosigners = []) => {
  const steps = {};
  let step = "file";
  const passed = (facts, next) => {
    steps[step] = facts;
    step = next;
  };
  try {
    must(crypto.subtle, "browser");
    const head = bytes.findIndex((byte, at) => byte === 10 && bytes[at + 1] === 10);
    must(bytes.length <= 2 ** 25 && head > 0);
    const [header, extra, place, ...hashes] = decoder.decode(bytes.slice(0, head)).split("\n");
    must(header === "c2sp.org/tlog-proof@v1" && extra.startsWith("extra ") && place.startsWith("index ") && hashes.length < 64);
    const index = number(place.slice(6));
    const path = hashes.map((hash) => base64(hash, 32));
    const { blob, keys, leaf, ...more } = unpack(base64(extra.slice(6)));
    must([blob, leaf, ...keys].every((each) => each instanceof Uint8Array) && !Object.keys(more)[0]);
    const signed = note(bytes.slice(head + 2));
    passed({ index }, "keys");

    const sets = [];
    for (const each of keys) {
      const signed = note(each);
      const set = await keyset(signed.text);
      const last = sets.at(-1);
      must(set.version === sets.length + 1 && (!last || (set.origin === last.origin && set.after > last.after)), "chain");
      const asked = last ? [last, set] : [set];
      const by = await signers(signed, asked.flatMap((each) => each.roots));
      must(asked.every((each) => each.roots.filter((root) => by.includes(root.hex)).length >= each.least), "signature");
      sets.push({ ...set, id: hex(await sha256(utf8.encode(signed.text))) });
    }
    const [{ origin, id: found }] = sets;
    const pinned = fingerprint.replace(/\s/g, "").toLowerCase();
    must(!pinned || pinned === found, "fingerprint");
    passed({ origin, fingerprint: found, versions: sets.length, pinned: !!pinned }, "note");

    const [named, sized, rooted, end] = signed.text.split("\n");
    const size = number(sized);
    const root = hex(base64(rooted, 32));
    must(end === "" && signed.text.split("\n").length === 4);
    must(named === origin, "chain");
    const { log, beat } = sets.findLast((set) => set.after < size);
    must((await signers(signed, [log])).length, "signature");
    passed({ size, root, seen: await cosigned(signed, beat) }, "path");

    must(leaf.length === 64);
    let [at, last, hash] = [index, size - 1, await sha256([0], leaf)];
    must(at <= last, "path");
    for (const beside of path) {
      must(last, "path");
      if (at & 1 || at === last) {
        hash = await sha256([1], beside, hash);
        for (; at && !(at & 1); at >>= 1) last >>= 1;
      } else hash = await sha256([1], hash, beside);
      at >>= 1;
      last >>= 1;
    }
    must(!last && hex(hash) === root, "path");
    passed({ index, size }, "leaf");

    const [version, op, ...flags] = leaf.slice(0, 4);
    must(version === 1 && (op === 1 || op === 2) && !flags[0] && !flags[1], "operation");
    passed({ op, address: `${origin}/e/${hex(leaf.slice(8, 24))}` }, "blob");

    const name = utf8.encode(origin);
    const bound = await sha256(utf8.encode("fedcat/blob/v1\0"), [name.length], name, leaf.slice(0, 24), blob);
    must(blob.length === Number(big(leaf.slice(4, 8))) && hex(bound) === hex(leaf.slice(32)), "commitment");
    passed({}, "content");
    passed({ statement: unpack(blob.slice(16)) }, "cosigners");

    const times = {};
    for (const each of cosigners) {
      const key = await vkey(each, 4);
      const time = await cosigned(signed, key);
      if (time >= 0) times[key.hex] = time;
    }
    passed({ named: cosigners.length, counted: Object.keys(times).length });
    return { steps };
  } catch ({ reason, name }) {
    return { steps, refused: { step, reason: reason ?? (name === "NotSupportedError" ? "browser" : "form") } };
  }
};
