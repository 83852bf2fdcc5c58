"""Whose claims are put to the test; each is completed with the place in it."""

PAPER = "Pallavi Sudhir and Tran-Thanh (2025), arXiv:2503.05828, {}"
ESSAY = "the essay on AGI as “markets of simpler programs”, {}"
POST = "“Reinforcement Learning from Market Feedback, and other uses of information markets”"
NETWORKS = "“Self-Improving Networks: The Deep Link Between AI and Markets” (2025), {}"
THESIS = "Pallavi Sudhir's thesis, chapter on scalable oversight, as its public repository has it"
