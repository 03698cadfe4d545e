"""What the rules of readiness ask for, sentence by sentence: to be translated, as ``telling`` does.

The rules are published as a file that never changes, in English; these are its sentences.
"""

from typing import Final

from .marks import N_

ASKED: Final = (
    N_("A summary of one sentence"),
    N_("say in summary what it does and for whom, in 30 characters or more"),
    N_("A description that lets others judge whether it fits them"),
    N_("add a description of 150 characters or more"),
    N_("Which problem it solves, in plain words"),
    N_("say in purpose which problem it solves, for whom, and what came of it"),
    N_("A name in two languages"),
    N_("add the name in another language"),
    N_("What it is about, in words of a vocabulary"),
    N_("add topics, such as sector:health"),
    N_("Who it is for"),
    N_("add audience, such as citizens or public-servants"),
    N_("For which places it is"),
    N_("add jurisdictions, such as FR-75, FR, EU or INT"),
    N_("Where to find it"),
    N_("add a link with rel landing, or the repository as an identifier"),
    N_("Documentation"),
    N_("add a link with rel docs"),
    N_("A way to ask"),
    N_(
        "add the e-mail of a role or the address of a form as contact,"
        " or a link with rel issues, forum or feedback"
    ),
    N_("In use or on the way to it"),
    N_("say in lifecycle at which stage it is; what is retired or abandoned is not ready for reuse"),
    N_("When somebody last made sure that all this is still true"),
    N_("add reviewed, with the day"),
    N_("An open licence"),
    N_("state an open licence by its SPDX identifier, such as EUPL-1.2"),
    N_("Where its source is"),
    N_("add the repository to identifiers, with scheme repo"),
    N_("Somebody maintains it"),
    N_("say in maintenance.mode who maintains it: internal, contract or community"),
    N_("How to deploy or try it"),
    N_("add software.deployment with docs, image or demo, or a link with rel demo"),
    N_("What it needs"),
    N_("list in dependsOn what it needs, open or proprietary"),
    N_("Which standards it conforms to"),
    N_("list them in conformsTo"),
    N_("What is known of its accessibility"),
    N_("add accessibility, with its standard and status, or the address of a statement"),
    N_("Where to report what is unsafe"),
    N_("add security.policy, the address of a security.txt or policy"),
    N_("Which personal data it needs"),
    N_("say in privacy.personalData: none, some or sensitive"),
    N_("Where to get the data"),
    N_("add dataset.distributions, each with its accessURL"),
    N_("How to reach the service"),
    N_("add service.channels or service.endpoints"),
    N_("Where the specification is"),
    N_("add standard.specUrl"),
    N_("What can be taken and adapted"),
    N_("add process.files, or a link with rel download"),
    N_("What comes of taking part"),
    N_("say in participation.howInputIsUsed what becomes of what people say"),
    N_("What was learned"),
    N_("add lessons or evidence: what worked, what did not"),
)
"""Of each rule what it asks for, and what to do."""
