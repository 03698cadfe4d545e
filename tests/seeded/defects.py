"""The defects: for each threat of ``docs/threats.md`` at least one way to break the promise.

Each is as small as what somebody in a hurry might write: a check left out, an order turned round, a limit not
looked at. Where the product guards a promise twice, both guards are taken away.
"""

# ruff: noqa: E501, ISC004 - lines of the product stand here as they stand there

from __future__ import annotations

from tests.seeded.running import Defect, Edit

_VISIBLE = "tests/node/test_threat_visible.py"
_FOLLOWERS = "tests/federation/test_threat_followers.py"
_NETWORK = "tests/federation/test_threat_network.py"
_FETCH = "tests/federation/test_fetch.py"
_LIES = "tests/federation/test_sync_lies.py"
_KEYS = "tests/protocol/test_threat_keys.py"
_KEYSET = "tests/protocol/test_keyset.py"
_HTTP = "tests/node/test_threat_http.py"
_HOSTILE = "tests/node/test_web_hostile.py"
_NAMES = "tests/node/test_threat_names.py"
_GATE = "tests/node/test_admin_gate.py"
_NEWS = "tests/node/test_planet_reading.py"
_DOOR = "tests/node/test_desk_door.py"
_DESK = "tests/node/test_threat_desk.py"
_STATEMENTS = "tests/node/test_statements.py"
_QUESTIONS = "tests/node/test_questions.py"


def _defect(threat: str, what: str, test: str | tuple[str, ...], *edits: tuple[str, str, str]) -> Defect:
    tests = (test,) if isinstance(test, str) else test
    return Defect(threat, what, tests, tuple(Edit(*edit) for edit in edits))


DEFECTS: tuple[Defect, ...] = (
    _defect(
        "arbitrary content",
        "the log's signature is not asked for",
        f"{_VISIBLE}::test_nothing_is_visible_that_was_not_checked_down_to_the_pinned_key",
        ("protocol/keyset.py", "        open_note(note, (self.key_for(checkpoint.size).log,))\n", ""),
        (
            "federation/offers.py",
            "    lines = [next(line for line in note.signatures if line.is_by(keys.log))]\n",
            "    lines = list(note.signatures[:1])\n",
        ),
    ),
    _defect(
        "arbitrary content",
        "leaves need not be in the signed tree",
        f"{_VISIBLE}::test_nothing_is_visible_that_was_not_checked_down_to_the_pinned_key",
        (
            "federation/follower.py",
            "        if edge.extended(hashes).root != self._root:\n",
            "        if False:\n",
        ),
        (
            "node/store/logstore.py",
            "            if self.tree.edge(advance.size).root != advance.root:\n",
            "            if False:\n",
        ),
    ),
    _defect(
        "arbitrary content",
        "a tree may begin with another identity than the pinned one",
        f"{_VISIBLE}::test_nothing_is_visible_that_was_not_checked_down_to_the_pinned_key",
        (
            "protocol/replay.py",
            "                if leaf.op != Op.KEYS or leaf.length != length or leaf.commitment != digest:\n",
            "                if leaf.op != Op.KEYS:\n",
        ),
    ),
    _defect(
        "rollback",
        "the largest head seen is forgotten as soon as somebody vouches for a smaller one",
        f"{_VISIBLE}::test_nobody_takes_a_reader_back_to_a_smaller_tree",
        (
            "federation/sync.py",
            "        elif offer.size == held.size and is_fresher(\n",
            "        elif is_fresher(\n",
        ),
        (
            "node/store/logstore.py",
            ' WHERE id = ? AND size = ? AND root = ?",\n                (note, self.id, checkpoint.size, checkpoint.root),\n',
            ' WHERE id = ?",\n                (note, self.id),\n',
        ),
    ),
    _defect(
        "fast-forward",
        "the first key set decides for ever",
        f"{_FOLLOWERS}::test_a_key_thief_s_huge_checkpoint_is_survived_by_a_rotation",
        (
            "protocol/keyset.py",
            "        return next(held for held in reversed(self.sets) if held.after < size)\n",
            "        return self.sets[0]\n",
        ),
    ),
    _defect(
        "fast-forward",
        "only the largest offer is tried",
        f"{_LIES}::test_smaller_offers_of_mirrors_proceed_as_well",
        (
            "federation/sync.py",
            "            self._failed.add(offer.root)\n",
            "            self._failed.add(offer.root)\n            break\n",
        ),
    ),
    _defect(
        "indefinite freeze",
        "a log of which anything was ever heard is fresh",
        f"{_VISIBLE}::test_a_log_that_fell_silent_is_stale_in_every_answer_at_the_next_poll",
        (
            "node/answers/witnessing.py",
            "    return fresh_at is None or now - fresh_at >= STALE_SECONDS\n",
            "    return fresh_at is None\n",
        ),
    ),
    _defect(
        "indefinite freeze",
        "search does not say it",
        f"{_VISIBLE}::test_a_log_that_fell_silent_is_stale_in_every_answer_at_the_next_poll",
        ("node/answers/items.py", '            "stale": stale,\n', '            "stale": False,\n'),
    ),
    _defect(
        "endless data",
        "a body is read to four times its limit",
        f"{_NETWORK}::test_no_endless_answer_is_read_past_its_limit_or_into_memory",
        (
            "federation/fetch.py",
            "                if size > limit:\n",
            "                if size > 4 * limit:\n",
        ),
    ),
    _defect(
        "slow retrieval",
        "every byte counts as progress",
        f"{_NETWORK}::test_a_byte_at_a_time_ends_at_the_minimum_rate",
        ("federation/fetch.py", "                if size >= due:\n", "                if size:\n"),
    ),
    _defect(
        "slow retrieval",
        "there is no deadline",
        f"{_FETCH}::test_a_steady_body_ends_at_the_deadline_all_the_same",
        (
            "federation/fetch.py",
            "            async with asyncio.timeout(self._limits.total_seconds):\n",
            "            async with asyncio.timeout(None):\n",
        ),
    ),
    _defect(
        "slow retrieval",
        "logs are synced one after the other",
        "tests/node/test_threat_slow.py::test_a_slow_peer_delays_nobody_else",
        (
            "node/turns.py",
            "        self._quick = asyncio.Semaphore(logs_at_once)\n",
            "        self._quick = asyncio.Semaphore(1)\n",
        ),
    ),
    _defect(
        "slow retrieval",
        "a neighbour's feed is waited for before others are asked",
        "tests/node/test_threat_slow.py::test_a_slow_feed_keeps_back_nobody_else_s_news",
        (
            "node/gossip.py",
            "                self._running[neighbour.url] = asyncio.create_task(self._ask(neighbour))\n",
            "                await self._ask(neighbour)\n",
        ),
    ),
    _defect(
        "slow retrieval",
        "mirrors are asked for key sets one after the other",
        f"{_FOLLOWERS}::test_silent_mirrors_keep_a_log_waiting_once_and_not_one_after_the_other",
        (
            "federation/keysets.py",
            "        return await self._ask_all(others, path)\n",
            "        return any([await self._ask(source, path) for source in others])\n",
        ),
    ),
    _defect(
        "mix-and-match",
        "a bundle need not hash to what is signed",
        f"{_FOLLOWERS}::test_a_file_of_one_tree_under_the_checkpoint_of_another_is_refused",
        (
            "federation/follower.py",
            "        if not self._is_signed(bundle.index, joined):\n",
            "        if False:\n",
        ),
    ),
    _defect(
        "mix-and-match",
        "an answer reads one thing after the other",
        f"{_VISIBLE}::test_an_answer_is_of_one_size_whatever_is_committed_while_it_is_made",
        (
            "node/answers/provenance.py",
            "    with home.database.read():\n        found = _find(home, ref)\n        return _shown(",
            "    if found := _find(home, ref):\n        return _shown(",
        ),
    ),
    _defect(
        "extraneous dependencies",
        "whoever asks for one log gets all of that node",
        "tests/node/test_threat_strangers.py::test_what_was_not_asked_for_is_not_fetched_not_stored_and_not_counted",
        ("node/peers.py", "    if origin is not None:\n", "    if origin is not None and not home:\n"),
    ),
    _defect(
        "wrong file",
        "a commitment does not bind the statement",
        (
            "tests/protocol/test_blob.py::test_nothing_can_be_replayed_elsewhere",
            f"{_FOLLOWERS}::test_a_commitment_that_was_copied_from_elsewhere_is_of_no_use",
        ),
        (
            "protocol/blob.py",
            "        digest = self._begun.copy()\n        digest.update(header)\n",
            "        digest = self._begun.copy()\n",
        ),
    ),
    _defect(
        "wrong file",
        "a single blob is taken for what it is called",
        f"{_FOLLOWERS}::test_a_relay_s_blob_of_another_place_is_refused",
        (
            "federation/contents.py",
            "            if not self._committer.matches(self._leaf(want.index), response.body):\n",
            "            if len(response.body) != self._length(want.index):\n",
        ),
    ),
    _defect(
        "mirror that blocks updates",
        "the first fault ends the search for a file",
        f"{_LIES}::test_strange_answers_are_faults_and_disturb_nothing",
        (
            "federation/racing.py",
            "                if source is not None and wait <= 0:\n",
            "                if source is not None and wait <= 0 and not self._tried:\n",
        ),
    ),
    _defect(
        "key compromise",
        "the log key counts as a root",
        f"{_KEYS}::test_the_log_key_alone_changes_no_key_set",
        (
            "protocol/keyset.py",
            "dict.fromkeys(root for held in sets for root in held.roots))",
            "dict.fromkeys(key for held in sets for key in (*held.roots, sets[0].log)))",
        ),
        (
            "protocol/keyset.py",
            "        count = len(signers & {root.public for root in held.roots})\n",
            "        count = len(signers & {key.public for key in (*held.roots, sets[0].log)})\n",
        ),
    ),
    _defect(
        "key compromise",
        "a retired key goes on signing",
        "tests/federation/test_sync.py::test_the_old_key_ends_at_its_size",
        (
            "federation/sync.py",
            "        await self._keys.learn(source, everywhere=not source.is_origin)\n",
            "        await self._keys.learn(source, everywhere=False)\n",
        ),
    ),
    _defect(
        "key compromise",
        "signatures are counted by name",
        f"{_KEYSET}::test_one_key_counts_once_under_all_its_names",
        (
            "protocol/keyset.py",
            "        count = len(signers & {root.public for root in held.roots})\n",
            "        count = sum(key.public in {root.public for root in held.roots} for key, _ in opened.verified)\n",
        ),
    ),
    _defect(
        "key substitution, low-order key",
        "one of the points of order 8 is missing from the list",
        f"{_KEYS}::test_none_of_the_fourteen_low_order_keys_is_taken_in_any_role",
        (
            "protocol/keys.py",
            "        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,\n",
            "",
        ),
    ),
    _defect(
        "key substitution, low-order key",
        "the key ID is not compared",
        f"{_KEYS}::test_a_key_under_the_id_of_another_is_refused",
        (
            "protocol/keys.py",
            '        if str(key) != text:\n            raise MalformedError("vkey"',
            '        if not text:\n            raise MalformedError("vkey"',
        ),
    ),
    _defect(
        "unauthorised rotation, skipped version",
        "a version may be left out",
        f"{_KEYSET}::test_a_chain_grows_version_by_version",
        (
            "protocol/keyset.py",
            "        if following.version != previous.version + 1:\n",
            "        if following.version <= previous.version:\n",
        ),
    ),
    _defect(
        "unauthorised rotation, skipped version",
        "the new roots alone are enough",
        f"{_KEYSET}::test_rotation_needs_old_and_new_roots",
        (
            "protocol/keyset.py",
            "        _check_threshold(note, (previous, following))\n",
            "        _check_threshold(note, (following,))\n",
        ),
    ),
    _defect(
        "split view",
        "evidence is looked at, and not kept",
        "tests/node/test_splits.py::test_both_ends_hold_the_evidence_within_two_rounds",
        ("node/splits.py", "    facts = verify_fork(data, row.fingerprint)\n", "    return False\n"),
    ),
    _defect(
        "split view",
        "a frozen log goes on",
        "tests/node/test_splits.py::test_a_frozen_log_stays_at_its_size_and_says_so",
        ("node/rounds.py", "        if row.own or row.id in standing:\n", "        if row.own:\n"),
    ),
    _defect(
        "witness rollback race",
        "the mirror's reservation is no compare-and-swap",
        "tests/node/test_cosigner.py::test_never_smaller_and_never_another_root",
        (
            "node/store/logstore.py",
            '                " AND (mirror_size < :size OR (mirror_size = :size AND mirror_root = :root))",\n',
            '                "",\n',
        ),
    ),
    _defect(
        "witness rollback race",
        "a witness's step is no compare-and-swap",
        "tests/node/test_witness.py::test_a_step_from_what_is_no_longer_there_is_none",
        ("node/store/witnessed.py", '        " WHERE size = :old AND root = :old_root",\n', '        "",\n'),
    ),
    _defect(
        "witness rollback race",
        "a witness takes whatever size it is said to have cosigned",
        "tests/node/test_witness.py::test_of_concurrent_steps_from_one_size_one_is_cosigned",
        (
            "node/witness.py",
            "    if shown.request.old != before.size:\n        raise WitnessConflictError(origin, before.size)\n",
            "",
        ),
        ("node/witness.py", "        shown.request.check_continues(before.root, shown.checkpoint)\n", ""),
    ),
    _defect(
        "unlogged entry",
        "a node appends though it may not sign",
        f"{_VISIBLE}::test_whoever_publishes_gets_a_proof_under_the_published_checkpoint",
        ("node/own/sequencer.py", "    if why_not is not None:\n        return why_not\n", ""),
    ),
    _defect(
        "unlogged entry",
        "what is appended is shown before it is signed",
        f"{_VISIBLE}::test_what_a_kill_left_unsigned_is_shown_once_it_is_signed",
        (
            "node/store/logstore.py",
            " shown_size = CASE WHEN :note = x'' THEN shown_size ELSE :size END,",
            " shown_size = :size,",
        ),
    ),
    _defect(
        "relay that withholds entries",
        "files are not flushed before the head moves",
        "tests/node/test_threat_durable.py::test_a_tree_is_readable_and_durable_before_it_is_cosigned",
        ("node/store/logstore.py", "            self.tree.flush()\n", ""),
    ),
    _defect(
        "relay that withholds entries",
        "the files are not looked at before they are vouched for",
        "tests/node/test_cosigner.py::test_a_tree_that_is_gone_is_not_vouched_for",
        (
            "node/own/cosigner.py",
            "    fault = store.tree_fault() or damage_of(home.database.connection, row.id)\n",
            "    fault = damage_of(home.database.connection, row.id)\n",
        ),
    ),
    _defect(
        "replay of an old checkpoint",
        "a cosignature of any tree is fresh",
        f"{_VISIBLE}::test_an_old_checkpoint_changes_nothing_and_counts_for_nothing",
        (
            "node/answers/witnessing.py",
            "    times = [line.time for line in lines if line.witness is not None and line.size == head.size]\n",
            "    times = [line.time for line in lines if line.witness is not None]\n",
        ),
    ),
    _defect(
        "crash during a write",
        "signed before the head lock knows",
        "tests/node/test_crash.py::test_kills_during_a_publish_lose_nothing_that_was_signed",
        (
            "node/own/sequencer.py",
            "        head_lock.write(Checkpoint(origin, row.size, row.root))\n        store.scrub()\n"
            "        _sign(home, row, store)\n",
            "        store.scrub()\n        _sign(home, row, store)\n"
            "        head_lock.write(Checkpoint(origin, row.size, row.root))\n",
        ),
    ),
    _defect(
        "bit rot",
        "hashes above the leaves are not read",
        "tests/node/test_audit.py::test_one_flipped_bit_is_found_in_every_file_at_every_place",
        (
            "node/audit.py",
            "            for at in _wrong(hashes, self._store.read_hashes(level, 0, len(hashes))):\n",
            "            for at in range(0):\n",
        ),
    ),
    _defect(
        "bit rot",
        "what an audit found stops no signature",
        "tests/node/test_audit.py::test_a_log_that_fails_is_not_signed_until_it_is_whole_again",
        ("node/own/clearance.py", "    if damage is not None:\n        return damage\n", ""),
    ),
    _defect(
        "restored backup",
        "a head lock that knows more is overlooked",
        "tests/node/test_clearance.py::test_a_database_put_back_is_refilled_and_goes_on",
        (
            "node/own/headlock.py",
            "        if locked.size > head.size:\n",
            "        if locked.size > 10**9:\n",
        ),
    ),
    _defect(
        "SSRF by a peer's URL",
        "6to4 addresses are taken for public ones",
        (
            f"{_NETWORK}::test_no_name_and_no_literal_leads_to_a_forbidden_address",
            "tests/federation/test_guard.py::test_never",
        ),
        ("federation/guard.py", '    ("2002::/16", "6to4, which hides an IPv4 address"),\n', ""),
    ),
    _defect(
        "SSRF by a peer's URL",
        "IPv4 addresses in IPv6 clothes are not undressed",
        "tests/federation/test_guard.py::test_never",
        (
            "federation/guard.py",
            "        found = found.ipv4_mapped\n    why",
            '        found = found.ipv4_mapped if str(found.ipv4_mapped)[:4] == "127." else ip_address("1.1.1.1")\n    why',
        ),
    ),
    _defect(
        "SSRF by a peer's URL",
        "a proxy is handed whatever name there is",
        "tests/federation/test_proxy.py::test_the_proxy_never_hears_of_what_is_refused",
        ("federation/fetch.py", "        if self._screen is not None:\n", "        if False:\n"),
    ),
    _defect(
        "DNS rebinding",
        "the name is checked, and resolved once more to connect",
        f"{_NETWORK}::test_the_address_that_was_checked_is_the_one_that_is_connected",
        (
            "federation/fetch.py",
            "            if self._proxy\n            else guarded_socket(",
            "            if self._proxy or not only_private\n            else guarded_socket(",
        ),
        (
            "federation/fetch.py",
            '            raise _fault(FaultKind.UNREACHABLE, url, "it carries a password")\n',
            '            raise _fault(FaultKind.UNREACHABLE, url, "it carries a password")\n'
            "        import socket\n\n"
            "        for *_, address in socket.getaddrinfo(host, parsed.port):\n"
            "            guarded_socket(allow_private=self._allow_private)((2, 1, 6, '', address)).close()\n",
        ),
    ),
    _defect(
        "redirects",
        "redirects are followed wherever they lead",
        f"{_FETCH}::test_redirects_elsewhere_are_not",
        (
            "federation/fetch.py",
            "            if _origin(answer) != _origin(target):\n",
            "            if False:\n",
        ),
    ),
    _defect(
        "redirects",
        "there is no end of redirects",
        f"{_FETCH}::test_redirects_on_one_origin_are_followed",
        ("federation/fetch.py", "range(self._limits.redirects + 1)", "range(self._limits.redirects + 9)"),
    ),
    _defect(
        "redirects",
        "the scheme is no part of the origin",
        f"{_FETCH}::test_https_is_never_left_for_http",
        (
            "federation/fetch.py",
            "    return url.scheme, url.host, url.port\n",
            "    return '', url.host, url.port\n",
        ),
    ),
    _defect(
        "decompression bomb",
        "all of it is unpacked, and measured then",
        f"{_NETWORK}::test_a_bomb_is_unpacked_to_its_limit_and_not_a_byte_further",
        (
            "federation/fetch.py",
            "stream.decompress(packed, min(stated, limit) + 1)",
            "stream.decompress(packed)",
        ),
    ),
    _defect(
        "decompression bomb",
        "brotli is offered",
        f"{_FETCH}::test_a_poll_has_few_headers",
        ("federation/fetch.py", '"gzip" if gzip else "identity"', '"gzip, br" if gzip else "identity"'),
    ),
    _defect(
        "hostile Unicode, homoglyphs",
        "bidirectional controls are letters like others",
        f"{_NAMES}::test_what_turns_or_hides_letters_is_refused_here_and_from_others",
        (
            "protocol/packing.py",
            '    "\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069"  # bidirectional controls\n',
            "",
        ),
    ),
    _defect(
        "hostile Unicode, homoglyphs",
        "a hit shows names where it showed origins",
        f"{_NAMES}::test_whoever_takes_another_s_name_is_shown_with_his_own_domain",
        (
            "node/answers/items.py",
            '        "publishers": [publishers[log].origin for log in outline.publishers],\n',
            '        "publishers": [name for _ in outline.publishers],\n',
        ),
    ),
    _defect(
        "XSS by a peer's content",
        "browsers may guess types",
        f"{_HTTP}::test_nothing_that_is_served_can_run_in_a_browser",
        ("node/app.py", '        headers["X-Content-Type-Options"] = "nosniff"\n', "        pass\n"),
    ),
    _defect(
        "XSS by a peer's content",
        "templates write what they are given",
        f"{_HOSTILE}::test_nothing_that_is_stated_becomes_markup",
        ("node/web/site.py", "            autoescape=True,\n", "            autoescape=False,\n"),
    ),
    _defect(
        "XSS by a peer's content",
        "any address becomes a link",
        f"{_HOSTILE}::test_nothing_that_is_stated_becomes_markup",
        ("node/web/marks.py", "        if not is_web(url):\n", "        if not url:\n"),
    ),
    _defect(
        "XSS by a peer's content",
        "descriptions link anywhere",
        "tests/node/test_web_prose.py::test_a_small_part_of_markdown_is_read",
        (
            "node/web/prose.py",
            "    parser.validateLink = _is_allowed  # type: ignore[method-assign]\n",
            "    parser.validateLink = bool  # type: ignore[method-assign, assignment]\n",
        ),
    ),
    _defect(
        "XSS by a peer's content",
        "HTML of descriptions is HTML",
        "tests/node/test_web_prose.py::test_what_means_harm_stays_text",
        ("node/web/prose.py", '{"html": False, "maxNesting"', '{"html": True, "maxNesting"'),
        (
            "node/web/prose.py",
            'parser.enable(["balance_pairs", "fragments_join"])',
            'parser.enable(["balance_pairs", "fragments_join", "html_inline", "html_block"])',
        ),
        ("node/web/prose.py", "tags=_ELEMENTS,", 'tags={*_ELEMENTS, "img", "iframe", "svg"},'),
    ),
    _defect(
        "XSS by a peer's content",
        "checkpoints and key sets are pages",
        f"{_HTTP}::test_nothing_that_is_served_can_run_in_a_browser",
        ("node/http/log_files.py", '"text/plain; charset=utf-8"', '"text/html; charset=utf-8"'),
    ),
    _defect(
        "sybils, spam nodes",
        "all that a card names is followed",
        "tests/node/test_threat_strangers.py::test_what_was_not_asked_for_is_not_fetched_not_stored_and_not_counted",
        ("node/peers.py", "    if origin is not None:\n", "    if origin is not None and not home:\n"),
    ),
    _defect(
        "sybils, spam nodes",
        "names at one host count one by one",
        "tests/node/test_admission.py::test_sybils_at_one_host_count_once",
        ("federation/vouching.py", "        if taken.isdisjoint(voucher.marks):\n", "        if voucher:\n"),
    ),
    _defect(
        "sybils, spam nodes",
        "whoever came in by the rule vouches for others",
        "tests/node/test_admission.py::test_who_came_in_by_the_rule_vouches_for_nobody",
        (
            "node/candidates.py",
            "        elif came is not None and not home.config.trust.allow.chains:\n",
            "        elif came is not None and home.config.trust.allow.chains is None:\n",
        ),
    ),
    _defect(
        "huge peer",
        "nobody looks at the size before fetching",
        "tests/node/test_quotas.py::test_a_log_that_is_too_long_pauses_without_harm_to_others_and_goes_on_when_allowed",
        (
            "federation/pull.py",
            "            self._budget.check_size(self._held.size, offer.size, CHECKPOINT)\n",
            "            pass\n",
        ),
    ),
    _defect(
        "huge peer",
        "contents are fetched whatever they weigh",
        "tests/node/test_quotas.py::test_contents_are_weighed_before_one_is_fetched",
        (
            "federation/quotas.py",
            "_check(Measure.BYTES, used.kept_bytes + weight, ",
            "_check(Measure.BYTES, 0 * weight, ",
        ),
    ),
    _defect(
        "huge peer",
        "a size beyond the limit ends the round",
        f"{_LIES}::test_a_size_without_tiles_does_not_stop_smaller_ones",
        (
            "federation/sync.py",
            "            self._failed.add(offer.root)\n",
            "            self._failed.add(offer.root)\n            is_done = True\n",
        ),
    ),
    _defect(
        "clock skew",
        "times ahead are believed",
        "tests/node/test_cosigners.py::test_times_far_ahead_are_not_believed",
        ("node/cosigners.py", "        if time <= latest and (", "        if ("),
    ),
    _defect(
        "name squatting",
        "whoever a domain lists may have another key",
        "tests/node/test_proofs.py::test_the_line_must_name_this_very_log",
        (
            "federation/claims.py",
            "        return (fingerprint, origin) in self.publishers\n",
            "        return origin in {listed for _, listed in self.publishers}\n",
        ),
    ),
    _defect(
        "name squatting",
        "whatever is at a vouched name is pinned",
        "tests/node/test_admission.py::test_another_fingerprint_than_the_vouched_one_stays_out_and_is_asked_ever_more_seldom",
        (
            "node/admission.py",
            "        if found.chain.fingerprint == entrant.fingerprint:\n",
            "        if found.chain.fingerprint:\n",
        ),
    ),
    _defect(
        "poisoned peer lists",
        "whoever does not answer is asked as often as before",
        "tests/federation/test_schedule.py::test_failures_double_the_wait_up_to_the_ceiling",
        (
            "federation/schedule.py",
            "    wait = min(ceiling, interval << min(failures, _MAX_DOUBLINGS))\n",
            "    wait = min(ceiling, interval)\n",
        ),
    ),
    _defect(
        "formulas in tables",
        "spaces hide a formula",
        "tests/node/test_web_texts.py::test_no_cell_of_a_table_is_a_formula",
        (
            "node/answers/texts.py",
            'text.lstrip(" \\u00a0").startswith(_BEGINS_A_FORMULA)',
            "text.startswith(_BEGINS_A_FORMULA)",
        ),
    ),
    _defect(
        "request smuggling",
        "what cannot be parsed is answered as if all was well",
        f"{_HTTP}::test_a_request_of_two_meanings_is_refused_and_nothing_behind_it_is_read",
        (
            "node/http/runner.py",
            "        response = problem(answered.status, detail)\n",
            "        response = problem(404, detail)\n",
        ),
    ),
    _defect(
        "path traversal, alias URLs",
        "tiles have more than one spelling",
        (
            f"{_HTTP}::test_only_the_one_spelling_of_a_path_leads_to_a_file",
            "tests/node/test_log_files.py::test_every_file_has_one_spelling",
        ),
        ("protocol/tiles.py", "    if found.path != path:\n", "    if not path:\n"),
    ),
    _defect(
        "parser traps",
        "a leaf of another length is unpacked all the same",
        "tests/node/test_threat_parsers.py::test_a_parser_raises_one_kind_of_error_and_takes_no_second",
        ("protocol/leaf.py", "        if len(data) != SIZE:\n", "        if len(data) > 1 << 21:\n"),
    ),
    _defect(
        "ambiguous encoding",
        "longer forms are taken",
        "tests/protocol/test_packing.py::test_refusals_say_why",
        ("protocol/packing.py", "    if _encode(value) != data:\n", "    if not data:\n"),
    ),
    _defect(
        "erased content that resurfaces",
        "a peer may bring it back",
        "tests/node/test_logs.py::test_an_erase_is_scrubbed_here_too_also_after_a_kill",
        (
            "node/store/logwriter.py",
            "(belongs(index, blob) and not self.is_gone(index))",
            "belongs(index, blob)",
        ),
    ),
    _defect(
        "erased content that resurfaces",
        "its words stay in the segments of the index",
        "tests/node/test_forgetting.py::test_erased_content_leaves_every_file_of_all_who_hold_it",
        ("node/answers/indexing.py", "    if worn:\n", "    if not worn:\n"),
    ),
    _defect(
        "erased content that resurfaces",
        "copies of its rows stay in pages of the database",
        "tests/node/test_forgetting.py::test_rows_that_were_moved_leave_copies_until_the_file_is_written_anew",
        ("node/store/database.py", '            self.connection.execute("VACUUM")\n', "            pass\n"),
    ),
    _defect(
        "erased content that resurfaces",
        "an import remembers its path and name",
        "tests/node/test_forgetting.py::test_erased_content_leaves_every_file_of_all_who_hold_it",
        (
            "node/store/forgotten.py",
            "                    mask.text(source),\n",
            "                    source,\n",
        ),
    ),
    _defect(
        "forged evidence",
        "two checkpoints of one history are evidence",
        "tests/protocol/test_evidence.py::test_one_history_is_no_fork",
        ("protocol/evidence.py", "    if old_root == older.root:\n", "    if not data:\n"),
    ),
    _defect(
        "forged evidence",
        "nobody need have signed it",
        "tests/protocol/test_evidence.py::test_keys_and_order_count",
        (
            "protocol/evidence.py",
            "    return chain.open_checkpoint(note)\n",
            "    return Checkpoint.parse(note.text)\n",
        ),
    ),
    _defect(
        "stolen token",
        "a token is for all kinds of statements",
        "tests/node/test_statements.py::test_a_token_is_for_what_it_is_for_alone",
        ("node/posting.py", "    if scope not in token.scopes:\n", "    if False:\n"),
    ),
    _defect(
        "forms of other sites (CSRF)",
        "nobody asks who sent a form",
        f"{_GATE}::test_a_form_of_another_site_changes_nothing",
        ("node/web/admin/gate.py", "            self._check_sender(request)\n", ""),
    ),
    _defect(
        "forms of other sites (CSRF)",
        "a form needs no token of its session",
        (
            f"{_GATE}::test_a_form_of_another_site_changes_nothing",
            f"{_GATE}::test_nobody_is_signed_in_by_another_site",
        ),
        (
            "node/web/admin/gate.py",
            "            if not token or not is_form_token(token, sent.text(FORM_FIELD)):\n",
            "            if False:\n",
        ),
    ),
    _defect(
        "session fixation",
        "the session that a browser had goes on beside the new one",
        f"{_GATE}::test_signing_in_begins_a_session_that_nobody_could_know",
        (
            "node/web/admin/entering.py",
            "            if visit.present is not None:\n                await asyncio",
            "            if False:\n                await asyncio",
        ),
    ),
    _defect(
        "session fixation",
        "programs in the browser read the cookie",
        f"{_GATE}::test_the_cookie_goes_to_no_program_and_to_no_other_site",
        (
            "node/web/admin/gate.py",
            'secure=self._is_https, httponly=True, samesite="Strict")\n\n    def _check_sender',
            'secure=self._is_https, httponly=False, samesite="Strict")\n\n    def _check_sender',
        ),
    ),
    _defect(
        "guessed passwords",
        "nobody waits",
        f"{_GATE}::test_who_guesses_waits_and_learns_nothing",
        (
            "node/desk/door.py",
            "        if wait := self._counted(name, place, now, known=account is not None):\n",
            "        if wait := 0:\n",
        ),
    ),
    _defect(
        "hostile feeds of news",
        "a document type is read",
        f"{_NEWS}::test_what_is_no_feed_is_refused_with_the_reason",
        ("node/planet/xmlfeeds.py", "        parser.StartDoctypeDeclHandler = _refuse_doctype\n", ""),
    ),
    _defect(
        "hostile feeds of news",
        "any address is a link",
        f"{_NEWS}::test_what_is_no_address_of_the_web_is_no_link",
        ("node/planet/reading.py", "found.isprintable() and is_url(found) else", "found else"),
    ),
    _defect(
        "hostile feeds of news",
        "an item is from whenever its feed says",
        "tests/node/test_planet.py::test_nobody_stays_first_by_dates",
        ("node/planet/gathering.py", "min(each.at, now)", "each.at"),
    ),
    _defect(
        "hostile feeds of news",
        "whoever writes most is shown most",
        "tests/node/test_planet.py::test_whoever_writes_much_hides_nobody",
        ("node/planet/shown.py", "if not each or told[origin] < each", "if True"),
    ),
    _defect(
        "guessed passwords",
        "whoever tries many names from one address never waits",
        f"{_DOOR}::test_an_address_waits_whatever_names_it_tries",
        (
            "node/desk/door.py",
            "            if place:\n                self._by_address.failed(place, now)\n",
            "",
        ),
    ),
    _defect(
        "guessed passwords",
        "a name that nobody has costs no hash",
        f"{_DOOR}::test_nobody_learns_which_accounts_there_are",
        (
            "node/desk/door.py",
            "            fits = self._passwords.fits(kept, password)\n",
            "            fits = kept is not None and self._passwords.fits(kept, password)\n",
        ),
    ),
    _defect(
        "stolen token",
        "a token that was revoked is good on",
        f"{_STATEMENTS}::test_without_a_valid_token_nothing_happens",
        (
            "node/tokens.py",
            "        return self.revoked_at is None and (self.until is None or day <= self.until)\n",
            "        return self.until is None or day <= self.until\n",
        ),
    ),
    _defect(
        "stolen token",
        "tokens are kept as they are",
        f"{_STATEMENTS}::test_every_write_is_audited_by_the_token_s_name",
        ("node/tokens.py", "(name, row.id, kept_hash(secret), ", "(name, row.id, secret.encode(), "),
        (
            "node/tokens.py",
            '        f"{_SELECT} WHERE token.hash = ?", (kept_hash(secret),)\n',
            '        f"{_SELECT} WHERE token.hash = ?", (secret.encode(),)\n',
        ),
    ),
    _defect(
        "stolen token",
        "the trail does not say which token wrote",
        f"{_STATEMENTS}::test_every_write_is_audited_by_the_token_s_name",
        (
            "node/tokens.py",
            'note_deed(connection, now, f"token {token.name}", ',
            'note_deed(connection, now, "token", ',
        ),
    ),
    _defect(
        "XSS by what is sent in",
        "what a report says is a part of the page that shows it",
        f"{_DESK}::test_what_strangers_send_in_runs_on_no_page_of_those_who_decide",
        (
            "node/web/templates/admin/submission.html",
            '{{ _("Reported by") }} {{ said(letter.reporter) }}',
            '{{ _("Reported by") }} {{ letter.reporter|safe }}',
        ),
    ),
    _defect(
        "XSS by what is sent in",
        "what was typed into a form comes back as it was typed",
        f"{_DESK}::test_what_colleagues_and_peers_say_runs_on_no_page_of_the_desk",
        (
            "node/web/templates/admin/parts.html",
            'value="{{ shown.value }}"',
            'value="{{ shown.value|safe }}"',
        ),
    ),
    _defect(
        "an import as a weapon",
        "addresses that people give may be private ones",
        f"{_DESK}::test_an_import_reaches_nothing_that_this_node_may_not_reach",
        ("node/reaching.py", "allow_private=config.allow_private", "allow_private=True"),
    ),
    _defect(
        "an import as a weapon",
        "a few aliases may stand for millions of values",
        "tests/node/test_yaml_loader.py::test_a_few_aliases_cannot_stand_for_millions_of_values",
        ("node/interop/yaml_loader.py", "    max_nodes: int = 50_000\n", "    max_nodes: int = 5_000_000\n"),
    ),
    _defect(
        "an import as a weapon",
        "entities of XML are read",
        f"{_DESK}::test_nothing_reads_what_can_run_or_unfold",
        (
            "node/interop/gleaning.py",
            "from __future__ import annotations\n",
            "from __future__ import annotations\n\nfrom xml.etree.ElementTree import fromstring as _  # noqa: S405\n",
        ),
    ),
    _defect(
        "another host's name, another's word",
        "feeds name themselves as they were asked for",
        f"{_DESK}::test_no_answer_repeats_the_name_that_it_was_asked_by",
        (
            "node/http/followed.py",
            '        return f"{base_url(self._home)}/feeds/{name}?',
            '        return f"{request.url.origin()}/feeds/{name}?',
        ),
    ),
    _defect(
        "another host's name, another's word",
        "whoever says so comes from elsewhere",
        f"{_DOOR}::test_where_a_request_comes_from",
        (
            "node/visitors.py",
            "    if is_proxy(proxy, peer):\n",
            "    if forwarded or is_proxy(proxy, peer):\n",
        ),
    ),
    _defect(
        "another host's name, another's word",
        "whoever says so is somebody else",
        f"{_DOOR}::test_a_proxy_is_believed_from_its_address_alone",
        (
            "node/desk/door.py",
            "        if not self._home.config.desk.header or not self._is_proxy(peer) or len(values) != 1:\n",
            "        if not self._home.config.desk.header or len(values) != 1:\n",
        ),
    ),
    _defect(
        "full or read-only disk",
        "what cannot be made durable is taken for durable",
        "tests/node/test_threat_durable.py"
        "::test_a_disk_that_takes_nothing_stops_publishing_and_nothing_half_written_is_signed",
        (
            "node/store/files.py",
            "    with contextlib.suppress(FileNotFoundError):\n        descriptor = os.open(path, os.O_RDONLY",
            "    with contextlib.suppress(OSError):\n        descriptor = os.open(path, os.O_RDONLY",
        ),
    ),
    _defect(
        "full or read-only disk",
        "a full disk is an error of the program",
        "tests/node/test_cli_words.py::test_a_disk_that_takes_nothing_is_told_from_a_bug",
        (
            "node/cli/exits.py",
            "_DISK_SQL = frozenset({8, 10, 13, 14})",
            "_DISK_SQL = frozenset({10, 13, 14})",
        ),
    ),
    _defect(
        "erase of what is another's",
        "what is erased in one log is erased in all",
        f"{_DESK}::test_an_erase_acts_in_its_own_log_alone",
        (
            "node/store/logreader.py",
            '    "SELECT idx FROM erased WHERE log = ?1 AND idx >= ?2 AND idx < ?3"\n',
            '    "SELECT idx FROM erased WHERE ?1 AND idx >= ?2 AND idx < ?3"\n',
        ),
    ),
    _defect(
        "erase of what is another's",
        "an erase needs no version of its own statement",
        "tests/protocol/test_replay.py::test_why_a_leaf_is_void",
        (
            "protocol/replay.py",
            "        if op not in (Op.PUT, Op.WITHDRAW) or id_ != leaf.id:\n",
            "        if op not in (Op.PUT, Op.WITHDRAW):\n",
        ),
    ),
    _defect(
        "questions without end",
        "whoever asks most is answered first",
        f"{_QUESTIONS}::test_everybody_who_waits_has_a_place_in_turn",
        (
            "node/http/questions.py",
            "            if turns:\n                self._waiting[client] = turns\n",
            "            if turns:\n                self._waiting = {client: turns, **self._waiting}\n",
        ),
    ),
    _defect(
        "questions without end",
        "whoever comes last is refused, however much others ask",
        f"{_QUESTIONS}::test_where_too_many_wait_whoever_asks_most_is_refused",
        (
            "node/http/questions.py",
            "        if len(self._waiting[most]) <= mine + 1:\n",
            "        if most:\n",
        ),
    ),
    _defect(
        "questions without end",
        "all are answered at once",
        f"{_QUESTIONS}::test_questions_never_take_all_threads",
        ("node/app.py", "            handler = turns.in_turn(handler)\n", "            pass\n"),
    ),
    _defect(
        "reports without end",
        "nobody counts what one address sends",
        "tests/node/test_desk_submissions.py::test_one_address_and_all_together_send_only_so_much",
        ("node/desk/submissions.py", "        self._count_one(client_place(address))\n", ""),
    ),
    _defect(
        "more than one's role",
        "whoever is signed in operates the node",
        "tests/node/test_admin_operating.py::test_what_concerns_the_whole_node_is_for_operators_alone",
        (
            "node/web/admin/gate.py",
            "        if not pages.gate.is_operator(here.present):\n",
            "        if not here.account:\n",
        ),
    ),
    _defect(
        "more than one's role",
        "with four eyes two of them are enough",
        "tests/node/test_desk_drafts.py::test_four_eyes_are_those_of_two",
        (
            "node/desk/sending.py",
            "    if found.author == account.name or not account.may_approve(found.origin):\n",
            "    if not account.may_approve(found.origin):\n",
        ),
    ),
    _defect(
        "more than one's role",
        "who lost a role goes on writing",
        "tests/node/test_desk_drafts.py::test_what_is_taken_away_from_an_account_holds_at_once",
        (
            "node/desk/sending.py",
            "def _check_ready(home: Home, account: Account, found: Manuscript, revision: int) -> None:\n"
            "    require_editor(account, found.origin)\n",
            "def _check_ready(home: Home, account: Account, found: Manuscript, revision: int) -> None:\n",
        ),
    ),
    _defect(
        "part of a ministry by one's own word",
        "whoever says that it is a part is put together with the whole",
        "tests/node/test_organisations.py::test_a_part_is_one_by_the_word_of_both",
        (
            "node/answers/families.py",
            "for one in self.below(each) if one.confirmed_by and one.part not in found]",
            "for one in self.below(each) if one.part not in found]",
        ),
    ),
)
