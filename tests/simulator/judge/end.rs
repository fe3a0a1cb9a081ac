//! What must be true when all trouble has long ended.

use super::Judge;
use super::files::latest_before;
use super::tolerances::IN_GOOD_TIME;
use super::watched::{Claim, Watched};
use jiff::Timestamp;
use reveille::api::{
    Action, Operation, OperationId, OperationKind, OperationStatus, ServiceArn, ServiceStatus,
};
use reveille::planner::Ending;
use reveille::schedule::Transition;
use reveille::simulation::World;

impl Judge {
    /// Judges the end of a run: all faults ended at `recovery`, and no transition fell in the last minutes.
    pub(crate) fn judge_the_end(world: &mut World<Self>, recovery: Timestamp) {
        let now = world.now();
        // By a clock that was ahead, what came soon after had been due before.
        let by_a_right_clock = recovery.max(world.observer.clock.latest_ever);
        match world.owed() {
            Some(0) => {}
            Some(owed) => world.observer.findings.wrong(now, &format!("{owed} occurrences have not ended")),
            None => world.observer.findings.wrong(now, "no process runs"),
        }
        let arns: Vec<ServiceArn> = world.observer.services.keys().cloned().collect();
        for arn in arns {
            let status = world.status(&arn);
            let (model, _) = world.model();
            let operations = model.operations(&arn, now);
            let Some(watched) = world.observer.services.get(&arn) else { continue };
            let mut wrong = watched.false_claims(&operations);
            wrong.extend(watched.passed_over(by_a_right_clock, now));
            wrong.extend(watched.told.owes_word().err());
            if let Some(service) = watched.files.in_force().filter(|_| !watched.stood.is_beyond_help())
                && let Some(latest) =
                    service.schedule.latest_at(now).filter(|latest| latest.at > by_a_right_clock)
                && status.as_ref() != Some(&ServiceStatus::after(latest.action))
            {
                wrong.push(format!("it is {status:?} after the {} of {}", latest.action, latest.at));
            }
            for what in wrong {
                world.observer.findings.wrong(now, &format!("{}: {what}", arn.service_name()));
            }
        }
    }
}

impl Watched {
    /// What was said, and App Runner's own record denies. It keeps the last hundred operations.
    fn false_claims(&self, operations: &[Operation]) -> Vec<String> {
        let find = |id: &OperationId| operations.iter().find(|known| known.id.as_ref() == Some(id));
        let succeeded = |operation: &Operation| operation.status == Some(OperationStatus::Succeeded);
        let is_wrong = |claim: &Claim| match claim {
            Claim::Did { id, action, at } => {
                let did = |operation: &Operation| {
                    succeeded(operation) && operation.kind == Some(OperationKind::of(*action))
                };
                let denied = find(id).is_some_and(|operation| !did(operation));
                denied.then(|| format!("at {at} operation {id} was said to have done it, and did not"))
            }
            Claim::Fought { id, at } => {
                let ended = |operation: &Operation| {
                    succeeded(operation) && operation.ended_at.is_some_and(|ended| ended < *at)
                };
                let fought = find(id).is_some_and(ended);
                fought.then(|| format!("at {at} a person was fought, who had begun operation {id}"))
            }
        };
        self.claims.iter().filter_map(is_wrong).collect()
    }

    /// The transitions of the time after all faults that did not end, or not well.
    fn passed_over(&self, recovery: Timestamp, now: Timestamp) -> Vec<String> {
        let Some(service) = self.files.in_force() else { return Vec::new() };
        let over = |at: Timestamp| now.duration_since(at) > IN_GOOD_TIME;
        let another_soon = |of: Transition| {
            let next = service.schedule.after(of.at).next();
            next.is_some_and(|next| next.at.duration_since(of.at) < IN_GOOD_TIME)
        };
        let another_before = |of: Transition| {
            let before = latest_before(service, of.at);
            before.is_some_and(|before| of.at.duration_since(before.at) < IN_GOOD_TIME)
        };
        let transitions = service.schedule.after(recovery).take_while(|next| over(next.at));
        let wrong = transitions.filter_map(|transition| {
            let what = format!("the {} of {}", transition.action, transition.at);
            match self.record.ending(transition) {
                None => Some(format!("{what} was passed over")),
                Some((Ending::Succeeded | Ending::Already, _)) => None,
                // By a clock that was ahead, it was due in troubled times.
                Some((_, at)) if at <= recovery => None,
                Some((Ending::Failed, _)) if self.stood.is_beyond_help() => None,
                // There was no time for it.
                Some((Ending::Superseded, _)) if another_soon(transition) => None,
                // The operation of the one before took its time.
                Some((Ending::Expired, _)) if another_before(transition) => None,
                // It would have been late, and the next resume with it.
                Some((Ending::Expired, _))
                    if transition.action == Action::Pause && another_soon(transition) =>
                {
                    None
                }
                Some((ending, _)) => Some(format!("{what} ended as {ending:?}, and nothing was in its way")),
            }
        });
        wrong.collect()
    }
}
