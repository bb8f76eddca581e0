//! The first reading of a run: what there is of it, and which values do not count because a later one replaced them.
//!
//! A repository keeps one value a step, the later one; what a writer that began anew had written of that step and of later
//! ones does not count, as in TensorBoard. Both are known only when everything was seen, and the values themselves are too
//! many to be held: they are handed over at a second reading.

use std::collections::{BTreeMap, HashMap};

use trailmark_core::{Context, Params, SeriesKey};

use super::event::{Event, Summary};
use super::hparams::Session;
use super::value::{Kind, Use};

/// What a run's files hold.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// One for each part of the run.
    pub(super) parts: Vec<PartSurvey>,
    /// The earliest and the latest moment, in seconds since 1970.
    pub(super) times: Option<(f64, f64)>,
    /// What the session was started with.
    pub(super) hparams: Params,
    /// Whether the session said that it failed.
    pub(super) has_failed: bool,
    /// How many values have no place here, by plugin.
    pub(super) n_left_out: BTreeMap<String, u64>,
}

/// What a folder's files hold.
#[derive(Debug, Default)]
pub(super) struct PartSurvey {
    context: Context,
    tags: HashMap<String, Tag>,
    /// How many values were met; at the second reading, again.
    n_values: u64,
    /// How many values had been met when a writer began anew, and the step at which; in that order.
    restarts: Vec<(u64, i64)>,
}

#[derive(Debug, Default)]
struct Tag {
    /// The plugin that the first value names.
    plugin: String,
    /// In the order in which their kinds were met.
    series: Vec<(Kind, Steps)>,
}

/// The steps of a series.
#[derive(Debug)]
struct Steps {
    last: i64,
    /// Steps that came late, such as those that were met before, and the last value of each.
    again: HashMap<i64, u64>,
}

/// A value of the second reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) key: SeriesKey,
}

impl Survey {
    /// A survey of parts with these contexts.
    pub(super) fn new(contexts: impl Iterator<Item = Context>) -> Self {
        let parts = contexts.map(|context| PartSurvey { context, ..PartSurvey::default() });
        Self { parts: parts.collect(), ..Self::default() }
    }

    /// Takes note of an event of a part; a reason when something of it is no message.
    pub(super) fn see(&mut self, part: usize, event: &Event<'_>) -> Result<(), &'static str> {
        if event.wall_secs.is_finite() {
            let (first, last) = self.times.unwrap_or((event.wall_secs, event.wall_secs));
            self.times = Some((first.min(event.wall_secs), last.max(event.wall_secs)));
        }
        let mut wrong = Ok(());
        for value in &event.values {
            let Some(part) = self.parts.get_mut(part) else { continue };
            let plugin = part.plugin_of(value).to_owned();
            match value.plugin.as_ref().filter(|_| plugin == "hparams").map(|own| Session::read(own.content))
            {
                Some(Ok(Session::Start(params))) => self.hparams.extend(params),
                Some(Ok(Session::End { has_failed })) => self.has_failed = has_failed,
                Some(Ok(Session::Other)) | None => {}
                Some(Err(_)) => wrong = Err("hyper-parameters that cannot be read"),
            }
            match Use::of(&value.body, &plugin) {
                Use::Point(kind) => part.count(value, kind, event.step),
                Use::Pass => {}
                Use::Tell => *self.n_left_out.entry(plugin).or_default() += 1,
            }
            part.n_values += 1;
        }
        if event.is_restart
            && let Some(part) = self.parts.get_mut(part)
        {
            part.restarts.push((part.n_values, event.step));
        }
        wrong
    }

    /// To be called between the readings.
    pub(super) fn finish(&mut self) {
        for part in &mut self.parts {
            part.n_values = 0;
            // Of each restart and those after it, the least step: whatever came before and lies behind it is gone.
            let mut least = i64::MAX;
            for (_, step) in part.restarts.iter_mut().rev() {
                least = least.min(*step);
                *step = least;
            }
        }
    }
}

impl PartSurvey {
    fn plugin_of(&mut self, value: &Summary<'_>) -> &str {
        if !self.tags.contains_key(value.tag.as_ref()) {
            self.tags.insert(value.tag.clone().into_owned(), Tag::default());
        }
        let Some(tag) = self.tags.get_mut(value.tag.as_ref()) else { return "" };
        // Only the first counts: later ones are left out by some writers.
        if let Some(own) = &value.plugin
            && tag.plugin.is_empty()
        {
            tag.plugin = own.name.clone().into_owned();
        }
        &tag.plugin
    }

    fn count(&mut self, value: &Summary<'_>, kind: Kind, step: i64) {
        let ordinal = self.n_values;
        let Some(tag) = self.tags.get_mut(value.tag.as_ref()) else { return };
        match tag.series.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, steps)) => steps.add(step, ordinal),
            None => tag.series.push((kind, Steps { last: step, again: HashMap::new() })),
        }
    }

    /// At the second reading, in the order of the first: where a value goes; none for one that does not count.
    pub(super) fn place(&mut self, value: &Summary<'_>, step: i64) -> Option<Place> {
        let ordinal = self.n_values;
        self.n_values += 1;
        let tag = self.tags.get(value.tag.as_ref())?;
        let Use::Point(kind) = Use::of(&value.body, &tag.plugin) else { return None };
        let index = tag.series.iter().position(|(known, _)| *known == kind)?;
        let (_, steps) = tag.series.get(index)?;
        let after = self.restarts.partition_point(|(n_before, _)| *n_before <= ordinal);
        let is_gone = self.restarts.get(after).is_some_and(|(_, least)| *least <= step);
        if is_gone || steps.is_replaced(step, ordinal) {
            return None;
        }
        // A tag may have values of several kinds, a series has one.
        let name = match index {
            0 => value.tag.clone().into_owned(),
            _ => format!("{} ({})", value.tag, kind.word()),
        };
        Some(Place { kind, key: SeriesKey { name, context: self.context.clone() } })
    }
}

impl Steps {
    fn add(&mut self, step: i64, ordinal: u64) {
        if step > self.last {
            self.last = step;
        } else {
            self.again.insert(step, ordinal);
        }
    }

    fn is_replaced(&self, step: i64, ordinal: u64) -> bool {
        self.again.get(&step).is_some_and(|last| *last != ordinal)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::super::event::{Body, Plugin};
    use super::*;

    fn event(tag: &str, step: i64, body: Body<'static>) -> Event<'static> {
        let tag = Cow::Owned(tag.to_owned());
        Event { step, values: vec![Summary { tag, body, plugin: None }], ..Event::default() }
    }

    fn surveyed(events: &[Event<'_>]) -> Survey {
        let mut survey = Survey::new(std::iter::once(Context::empty()));
        for event in events {
            survey.see(0, event).unwrap();
        }
        survey.finish();
        survey
    }

    /// The steps, and the place among the events, of what counts.
    fn counted(events: &[Event<'_>]) -> Vec<(i64, usize)> {
        let mut survey = surveyed(events);
        let mut found = Vec::new();
        for (index, event) in events.iter().enumerate() {
            for value in &event.values {
                if survey.parts[0].place(value, event.step).is_some() {
                    found.push((event.step, index));
                }
            }
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn a_plugin_that_is_named_once_counts_for_all_values_of_its_tag() {
        let mut first = event("a", 0, Body::Tensor(&[]));
        first.values[0].plugin = Some(Plugin { name: "text".into(), content: &[] });
        let events = [first, event("a", 1, Body::Tensor(&[])), event("b", 1, Body::Tensor(&[]))];
        assert_eq!(counted(&events), [(0, 0), (1, 1)]);
        assert_eq!(surveyed(&events).n_left_out, BTreeMap::from([(String::new(), 1)]));
    }

    #[test]
    fn a_second_kind_of_a_tag_goes_to_a_series_of_its_own() {
        let events = [event("a", 0, Body::Number(1.0)), event("a", 0, Body::Histogram(&[]))];
        let mut survey = surveyed(&events);
        let mut place = |event: &Event<'_>| survey.parts[0].place(&event.values[0], 0).unwrap().key.name;
        assert_eq!((place(&events[0]), place(&events[1])), ("a".to_owned(), "a (histogram)".to_owned()));
    }

    proptest! {
        /// Against everything held in memory: a restart takes back, then the last of a step wins.
        #[test]
        fn what_counts_is_what_restarts_and_later_values_leave(
            deeds in proptest::collection::vec((prop::bool::weighted(0.2), -2..8_i64), 0..40),
        ) {
            let events: Vec<Event<'_>> = deeds.iter().map(|(is_restart, step)| match is_restart {
                true => Event { step: *step, is_restart: true, ..Event::default() },
                false => event("a", *step, Body::Number(0.0)),
            }).collect();
            let mut wanted: BTreeMap<i64, usize> = BTreeMap::new();
            for (index, (is_restart, step)) in deeds.iter().enumerate() {
                match is_restart {
                    true => wanted.retain(|known, _| known < step),
                    false => _ = wanted.insert(*step, index),
                }
            }
            prop_assert_eq!(counted(&events), wanted.into_iter().collect::<Vec<_>>());
        }
    }
}
