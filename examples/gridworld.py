"""A market learns to cross a grid: one agent per action, two clones each."""

import jax

import catallax as cx


def main(ticks: int = 300_000) -> None:
    """Train, and compare with the exact optimum."""
    env = cx.envs.GridWorld(rows=8, cols=8, goal=(7, 7))
    market = cx.DeepMarket(
        agents=cx.agents.Tabular.society(env, clones=2),  # one primitive per action
        auction=cx.auctions.CreditConservingVickrey(),
        levies=(cx.levies.Rent(0.0),),
    )
    run = cx.train(market, env, ticks=ticks, instances=64, key=jax.random.key(0))
    best = cx.planning.value_iteration(env)
    score = cx.evaluate(run.policy, env, episodes=1_000, key=jax.random.key(1))
    print(run.summary())
    print(f"  share      {score.mean_return / best.start_value:.3f} of the optimum")
    print("  prices, one row of the grid a line:")
    for row in run.prices().reshape(8, 8):
        print("   ", " ".join(f"{price:.2f}" for price in row))


if __name__ == "__main__":
    main()
