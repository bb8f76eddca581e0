//! Paragraphs and questions to answer, and names of runs.

use crate::writer::Dice;

/// A question with its paragraph and the place of its answer there, in characters.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) paragraph: usize,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

const PLACES: [&str; 16] = [
    "Aldermere",
    "Brunnfeld",
    "Castoria",
    "Dunmorrow",
    "Eskdale",
    "Fjordvik",
    "Grünau",
    "Highmoor",
    "Isola Verde",
    "Jarrowby",
    "Kestrel Bay",
    "Lindholm",
    "Montclair",
    "Nordhavn",
    "Östersund",
    "Pinecrest",
];
const TRADES: [&str; 8] =
    ["wool", "amber", "salted herring", "clockwork", "pressed glass", "maps", "organ pipes", "bronze bells"];
const RIVERS: [&str; 8] = ["Ash", "Brenna", "Corve", "Dart", "Elbach", "Fenn", "Garra", "Holm"];

/// Paragraphs, and five questions about each.
pub(crate) fn paragraphs(count: usize) -> (Vec<String>, Vec<Question>) {
    let mut dice = Dice(7);
    let mut paragraphs = Vec::new();
    let mut questions = Vec::new();
    for index in 0..count {
        let place = PLACES[index % PLACES.len()];
        let (trade, river) = (TRADES[dice.below(8)], RIVERS[dice.below(8)]);
        let founded = (1100 + dice.below(700)).to_string();
        let people = format!("{},{:03}", 2 + dice.below(90), dice.below(1000));
        let bridge = (1820 + dice.below(150)).to_string();
        let number = index / PLACES.len();
        let quarter = if number == 0 { String::new() } else { format!(" (district {number})") };
        let text = format!(
            "{place}{quarter} is a market town on the river {river}. It was founded in {founded} by merchants who traded \
             in {trade}, and grew quickly once the road across the moor was paved. The stone bridge was finished in \
             {bridge}; before that, a ferry carried people and cattle. At the last count the town had {people} \
             inhabitants, most of whom live north of the old walls. Every spring the guilds hold a fair on the green."
        );
        let mut ask = |which: usize, question: String, answer: &str| {
            let byte = text.rfind(answer).unwrap_or(0);
            let start = text[..byte].chars().count();
            questions.push(Question {
                key: format!("{index:03x}{which}d4f5a9b3c"),
                text: question,
                paragraph: index,
                start,
                end: start + answer.chars().count(),
            });
        };
        ask(0, format!("When was {place} founded?"), &founded);
        ask(1, format!("What did the merchants of {place} trade in?"), trade);
        ask(2, "In which year was the stone bridge finished?".to_owned(), &bridge);
        ask(3, format!("How many inhabitants does {place} have?"), &people);
        ask(4, format!("On which river does {place} lie?"), river);
        paragraphs.push(text);
    }
    (paragraphs, questions)
}

/// An adjective and a noun.
pub(crate) fn name(dice: &mut Dice) -> String {
    const A: [&str; 16] = [
        "brisk", "calm", "daring", "early", "fluent", "golden", "humble", "jolly", "keen", "lucid", "mellow",
        "nimble", "proud", "quiet", "sturdy", "vivid",
    ];
    const B: [&str; 16] = [
        "otter", "falcon", "harbor", "cedar", "comet", "delta", "ember", "finch", "glacier", "heron",
        "lagoon", "maple", "orchid", "quartz", "summit", "willow",
    ];
    format!("{}-{}", A[dice.below(16)], B[dice.below(16)])
}
