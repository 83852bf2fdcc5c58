"""A population that starts empty: rules are born, outbid the others, earn or go broke."""

import jax

import catallax as cx
from catallax.agents import Bankrupt, Idle, Outbid, RandomBirths, RandomRules, Rule


def main(ticks: int = 2_000_000) -> None:
    """Learn the 6-bit multiplexer with rules fixed for life."""
    env = cx.envs.Multiplexer()
    newcomers = RandomRules(jax.random.key(7), wildcard=0.5, bits=6, actions=2)
    market = cx.DeepMarket(
        agents=cx.Cohort.empty(Rule.random(jax.random.key(0), bits=6, actions=2), capacity=128, endowment=0.5),
        auction=cx.auctions.FirstPrice(),
        entry=RandomBirths(newcomers, allowance=0.5, per_round=2),
        exits=(Bankrupt(floor=0.05), Idle(ticks=4_000)),
        newcomers=Outbid(epsilon=0.01),
    )
    run = cx.train(market, env, ticks=ticks, instances=16, key=jax.random.key(0))
    score = cx.evaluate(run.policy, env, episodes=4_000, key=jax.random.key(1))
    print(run.summary())
    print(f"  right answers {score.mean_return:.1%} (by chance 50.0%)")
    rules, wealth = run.state.cohorts[0], run.ledger.wealth
    print("  the richest rules, first two bits the address:")
    for slot in jax.numpy.argsort(-wealth)[:8].tolist():
        rule = jax.tree.map(lambda leaf, k=slot: leaf[k], rules.individuals)
        price, owns = float(rule.price), float(wealth[slot])
        print(f"    {rule.condition(6)} -> {int(rule.action)}  bids {price:.2f}, owns {owns:.1f} credits")


if __name__ == "__main__":
    main()
