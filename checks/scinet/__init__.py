"""SciNet: how many latent neurons a network needs to answer questions about a physical system.

SciNet is an encoder, a few latent neurons, a question and a decoder (Iten, Metger, Wilming, del Rio, Renner, Phys. Rev.
Lett. 124, 010508, 2020). It is trained here on data that are generated here, and what is claimed of it is held against
exact ranks. ``python -m checks.scinet`` runs it; ``docs/scinet.md`` says what is claimed and what was measured.

Everything that trains needs the extra ``scinet``; the ranks (``checks.scinet.ranks``) do not.
"""
