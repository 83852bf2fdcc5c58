"""Small pure-JAX worlds, one family a file; `planning` gives their exact optima."""

from catallax.envs import blocks_oracles, planning
from catallax.envs._blocks_counted import BlocksCounted, CountedBlocks
from catallax.envs._blocks_views import BlocksColours, BlocksFeatures
from catallax.envs._blocks_world import Blocks, BlocksState, BlocksWorld
from catallax.envs._classic import Bandit, Chain, Duality
from catallax.envs._clock_ends import ClockEnds
from catallax.envs._coded import Coded
from catallax.envs._curriculum import Curriculum, Lesson
from catallax.envs._dispatch import Commitment, Dated, Dispatch
from catallax.envs._examples import Examples
from catallax.envs._foraging import Body, BodyState, Foraging, TakingTurns
from catallax.envs._garnet import Garnet
from catallax.envs._grid import CliffWalking, FrozenLake, Grid, GridWorld
from catallax.envs._job_shop import JobShop
from catallax.envs._maze import Maze, Maze4, Maze5, Maze6, MazeF4, Woods1, Woods2, Woods101
from catallax.envs._memory import DelayedRecall, TMaze
from catallax.envs._mental_rotation import MentalRotation
from catallax.envs._multiplexer import Multiplexer
from catallax.envs._objectives import CONCAVE_SEA, Objectives
from catallax.envs._options import AbstractOptions, Options
from catallax.envs._order import AbstractOrder, DrawnOrder, ShuffledRounds
from catallax.envs._presentation import Presentation
from catallax.envs._reach_colours import ReachColours
from catallax.envs._register import Register
from catallax.envs._rewards import Scaled, Shifted
from catallax.envs._rights import Rights
from catallax.envs._schedules import FLAT_DEMAND, FLAT_SUPPLY, SYMMETRIC, Schedule
from catallax.envs._sensed import Sensed
from catallax.envs._sequences import PASS, Sequences, perform
from catallax.envs._slot_jobs import Runs, SlotJobs
from catallax.envs._stoppable import Stoppable
from catallax.envs._subtasks import Subtasks
from catallax.envs._supply_chain import OneTechniqueATick, SteadyState, SupplyChain
from catallax.envs._tabular import MDP, TabularEnv
from catallax.envs._tape import Tape, Writing
from catallax.envs._two_rooms import TwoRooms
from catallax.envs._wrapper import AbstractWrapper

__all__ = [
    "CONCAVE_SEA",
    "AbstractOptions",
    "AbstractOrder",
    "AbstractWrapper",
    "Bandit",
    "Blocks",
    "Body",
    "BodyState",
    "BlocksColours",
    "BlocksCounted",
    "BlocksFeatures",
    "BlocksState",
    "BlocksWorld",
    "Chain",
    "CliffWalking",
    "ClockEnds",
    "Coded",
    "CountedBlocks",
    "Commitment",
    "Curriculum",
    "Dated",
    "DelayedRecall",
    "Dispatch",
    "DrawnOrder",
    "Duality",
    "Examples",
    "FLAT_DEMAND",
    "FLAT_SUPPLY",
    "Foraging",
    "FrozenLake",
    "Garnet",
    "Grid",
    "GridWorld",
    "JobShop",
    "Lesson",
    "MDP",
    "Maze",
    "Maze4",
    "Maze5",
    "Maze6",
    "MazeF4",
    "MentalRotation",
    "Multiplexer",
    "OneTechniqueATick",
    "Objectives",
    "Options",
    "PASS",
    "Presentation",
    "ReachColours",
    "Register",
    "SYMMETRIC",
    "Rights",
    "Runs",
    "Scaled",
    "Schedule",
    "Sensed",
    "Sequences",
    "Shifted",
    "ShuffledRounds",
    "SteadyState",
    "SlotJobs",
    "Stoppable",
    "Subtasks",
    "SupplyChain",
    "TMaze",
    "TakingTurns",
    "TabularEnv",
    "Tape",
    "TwoRooms",
    "Woods1",
    "Woods101",
    "Woods2",
    "Writing",
    "blocks_oracles",
    "perform",
    "planning",
]
