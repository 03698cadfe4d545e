"""Language tags, and texts in several languages.

A text that people read is a map from a BCP 47 tag to the words, called a LangMap::

    {"fr": "Budget participatif", "it": "Bilancio partecipativo", "und": "Decidim"}

``und`` (undetermined) is the honest key of a text whose language nobody stated, such as
a product name. Tags have one spelling here: language in lower case, Script in title
case, REGION in upper case, two letters where ISO 639-1 has them (``it-IT``, ``zh-Hant``,
``sr-Latn-RS``); :func:`canonical_tag` gets there from what real files contain
(``IT_it``, ``ita``, ``zh-hant``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Final

UNDETERMINED: Final = "und"

_TAG: Final = re.compile(
    r"([a-z]{2,3})(?:-([A-Z][a-z]{3}))?(?:-([A-Z]{2}|[0-9]{3}))?((?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"((?:-[a-wyz](?:-[a-z0-9]{2,8})+)*)((?:-x(?:-[a-z0-9]{1,8})+)?)"
)

# Letters of a script and of a region in a tag.
_SCRIPT: Final = 4
_REGION: Final = 2

# ISO 639-2 codes (terminology and bibliographic) and the ISO 639-1 code that BCP 47 wants instead.
_THREE_TO_TWO: Final = dict(
    pair.split(":")
    for pair in (  # noqa: SIM905 - a table, easier on the eye as one text
        "aar:aa abk:ab afr:af aka:ak alb:sq amh:am ara:ar arg:an arm:hy asm:as ava:av ave:ae aym:ay aze:az "
        "bak:ba bam:bm baq:eu bel:be ben:bn bis:bi bod:bo bos:bs bre:br bul:bg bur:my cat:ca ces:cs cha:ch "
        "che:ce chi:zh chu:cu chv:cv cor:kw cos:co cre:cr cym:cy cze:cs dan:da deu:de div:dv dut:nl dzo:dz "
        "ell:el eng:en epo:eo est:et eus:eu ewe:ee fao:fo fas:fa fij:fj fin:fi fra:fr fre:fr fry:fy ful:ff "
        "geo:ka ger:de gla:gd gle:ga glg:gl glv:gv gre:el grn:gn guj:gu hat:ht hau:ha heb:he her:hz hin:hi "
        "hmo:ho hrv:hr hun:hu hye:hy ibo:ig ice:is ido:io iii:ii iku:iu ile:ie ina:ia ind:id ipk:ik isl:is "
        "ita:it jav:jv jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk khm:km kik:ki kin:rw kir:ky kom:kv "
        "kon:kg kor:ko kua:kj kur:ku lao:lo lat:la lav:lv lim:li lin:ln lit:lt ltz:lb lub:lu lug:lg mac:mk "
        "mah:mh mal:ml mao:mi mar:mr may:ms mkd:mk mlg:mg mlt:mt mon:mn mri:mi msa:ms mya:my nau:na nav:nv "
        "nbl:nr nde:nd ndo:ng nep:ne nld:nl nno:nn nob:nb nor:no nya:ny oci:oc oji:oj ori:or orm:om oss:os "
        "pan:pa per:fa pli:pi pol:pl por:pt pus:ps que:qu roh:rm ron:ro rum:ro run:rn rus:ru sag:sg san:sa "
        "sin:si slk:sk slo:sk slv:sl sme:se smo:sm sna:sn snd:sd som:so sot:st spa:es sqi:sq srd:sc srp:sr "
        "ssw:ss sun:su swa:sw swe:sv tah:ty tam:ta tat:tt tel:te tgk:tg tgl:tl tha:th tib:bo tir:ti ton:to "
        "tsn:tn tso:ts tuk:tk tur:tr twi:tw uig:ug ukr:uk urd:ur uzb:uz ven:ve vie:vi vol:vo wel:cy wln:wa "
        "wol:wo xho:xh yid:yi yor:yo zha:za zho:zh zul:zu"
    ).split()
)

_COMMON_REGIONS: Final = (  # noqa: SIM905 - easier on the eye as one text
    "de-AT de-CH de-DE en-AU en-CA en-GB en-IE en-IN en-NZ en-US es-AR es-CL es-CO es-ES es-MX fr-BE fr-CA "
    "fr-CH fr-FR it-CH it-IT nl-BE nl-NL pt-BR pt-PT sr-Cyrl sr-Latn zh-CN zh-Hans zh-Hant zh-TW"
).split()
COMMON_TAGS: Final = frozenset((UNDETERMINED, *_THREE_TO_TWO.values(), *_COMMON_REGIONS))
"""The tags of nearly all texts; every one is well-formed."""


def is_tag(text: str) -> bool:
    """Tell whether a text is a well-formed BCP 47 tag in the one spelling used here."""
    found = _TAG.fullmatch(text)
    return found is not None and found[1] not in _THREE_TO_TWO


def canonical_tag(text: str) -> str | None:
    """Return the one spelling of a language tag, or None when the text is not a tag.

    Accepts any letter case, ``_`` for ``-`` and three-letter codes of languages that have
    a two-letter one.
    """
    parts = text.strip().replace("_", "-").split("-")
    spelled = [_THREE_TO_TWO.get(parts[0].lower(), parts[0].lower())]
    private = False
    for part in parts[1:]:
        # Letter case says script or region only before the first one-letter part (an extension).
        if not private and len(part) == _SCRIPT and part.isalpha():
            spelled.append(part.title())
        elif not private and len(part) == _REGION and part.isalpha():
            spelled.append(part.upper())
        else:
            private = private or len(part) == 1
            spelled.append(part.lower())
    tag = "-".join(spelled)
    return tag if is_tag(tag) else None


def best_text(
    texts: Mapping[str, str], languages: Sequence[str] = (), machine: Container[str] = ()
) -> tuple[str, str] | None:
    """Return the text to show to a reader of ``languages``, as (text, tag), or None of an empty map.

    The chain: each wanted tag exactly; then each wanted tag cut from its end (``fr-CA``, then
    ``fr``); then any text of the same language (``pt`` is served by ``pt-BR``); then a text of
    no stated language; then English; then the first tag in alphabetical order. Where several would
    do at one step, what people wrote comes before what a machine translated (the tags in ``machine``).
    """
    for wanted in languages:
        tag = wanted
        while tag:
            if tag in texts:
                return texts[tag], tag
            tag = tag.rpartition("-")[0]
        language = wanted.split("-", 1)[0]
        if alike := [tag for tag in texts if tag.split("-", 1)[0] == language]:
            return _first(texts, alike, machine)
    for tag in (UNDETERMINED, "en"):
        if tag in texts:
            return texts[tag], tag
    return _first(texts, texts, machine) if texts else None


def _first(texts: Mapping[str, str], tags: Iterable[str], machine: Container[str]) -> tuple[str, str]:
    tag = min(tags, key=lambda tag: (tag in machine, tag))
    return texts[tag], tag
