"""Whatever people do in whatever order, a cycle obeys its tables."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cycles import steps
from cycles.steps import Action, Milestone, Step, StepState

SIGNATURES = [
    Milestone.DEMAND_SIGNED,
    Milestone.SUPPLY_SIGNED,
    Milestone.FINANCE_CONFIRMED,
    Milestone.PACK_FROZEN,
    Milestone.CEO_APPROVED,
    Milestone.PUBLISHED,
]


class CycleWalk(RuleBasedStateMachine):
    """Opens, closes, signs and reopens at random, through the tables only."""

    def __init__(self) -> None:
        super().__init__()
        self.states = dict.fromkeys(Step, StepState.PENDING)
        self.reached: set[Milestone] = set()

    @property
    def closed(self) -> set[Step]:
        return {step for step, state in self.states.items() if state is StepState.CLOSED}

    def act(self, step: Step, action: Action) -> None:
        self.states[step] = steps.next_state(self.states[step], action)

    @rule(step=st.sampled_from(Step))
    def open(self, step: Step) -> None:
        ready = not steps.missing_for_open(step, self.closed, self.reached)
        if ready and self.states[step] is StepState.PENDING:
            self.act(step, Action.OPEN)

    @rule(step=st.sampled_from(Step))
    def close(self, step: Step) -> None:
        ready = not steps.missing_for_close(step, self.closed, self.reached)
        if ready and self.states[step] is StepState.OPEN:
            self.act(step, Action.CLOSE)

    @rule(milestone=st.sampled_from(Milestone))
    def reach(self, milestone: Milestone) -> None:
        if not steps.missing_for_milestone(milestone, self.closed, self.reached):
            self.reached.add(milestone)

    @rule()
    def sign_ahead(self) -> None:
        """The last signature first, and all before it: whatever the tables do not hold back."""
        for milestone in reversed(Milestone):
            self.reach(milestone)

    @precondition(lambda self: self.closed)
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        step = data.draw(st.sampled_from(sorted(self.closed, key=lambda s: s.order)))
        self.act(step, Action.REOPEN)
        self.reached -= steps.milestones_withdrawn_by_reopen(step)
        for later in steps.steps_withdrawn_by_reopen(step):
            self.act(later, Action.WITHDRAW)

    @rule(further=st.integers(1, len(Step)))
    def work_through(self, further: int) -> None:
        """Some steps further on the straight way, so that walks get to the end."""
        for _ in range(further):
            step = next((s for s in Step if s not in self.closed), Step.PUBLISH)
            for milestone in (m for m, owner in steps.MILESTONE_STEP.items() if owner is step):
                self.reach(milestone)
            self.open(step)
            self.close(step)

    @invariant()
    def no_signature_without_the_ones_before(self) -> None:
        signed = [milestone in self.reached for milestone in SIGNATURES]
        assert signed == sorted(signed, reverse=True)

    @invariant()
    def nothing_is_open_or_closed_before_its_condition_holds(self) -> None:
        for step, state in self.states.items():
            if state in (StepState.OPEN, StepState.CLOSED):
                assert steps.missing_for_open(step, self.closed, self.reached) == []

    @invariant()
    def a_closed_step_has_its_milestones(self) -> None:
        for step in self.closed:
            assert set(steps.STEPS[step].exit) <= self.reached

    @invariant()
    def a_published_cycle_went_the_whole_way(self) -> None:
        if Milestone.PUBLISHED in self.reached:
            assert set(SIGNATURES) <= self.reached
            assert Step.SALES_FORECAST in self.closed


TestCycleWalk = CycleWalk.TestCase
