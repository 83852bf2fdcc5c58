"""Access to language models: one small asynchronous protocol, backends, and parts that wrap them."""

from catallax.language.models._model import AbstractModel
from catallax.language.models._offline import Program, Scripted
from catallax.language.models._request import Message, Request, Role, ask
from catallax.language.models._response import Failure, Finish, ModelError, Response, Usage

__all__ = [
    "AbstractModel",
    "Failure",
    "Finish",
    "Message",
    "ModelError",
    "Program",
    "Request",
    "Response",
    "Role",
    "Scripted",
    "Usage",
    "ask",
]
