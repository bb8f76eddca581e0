//! Names that people can say and remember: an adjective and a noun, chosen by the run's id.

use trailmark_core::RunId;

const ADJECTIVES: &str = "able agile amber ample azure balmy bold brave breezy bright brisk calm candid chief civil \
clean clear clever cosmic cosy crisp curious daring dear deep deft eager early easy elegant equal exact fair famous \
fancy fast fine firm fleet fluent fond free fresh frosty gentle glad golden grand green handy happy hardy hazel honest \
humble ideal jolly keen kind large light lively loyal lucid lucky lunar mellow merry mighty mild modern modest neat \
nimble noble open patient plain polite prime proud pure quick quiet rapid ready rich ripe robust rosy royal rustic \
safe sage serene sharp shiny silent silver simple sleek smart smooth snowy solar solid sound steady still stout sturdy \
subtle sunny super sure sweet swift tall tame tender tidy tranquil true trusty urban valid vast vivid warm wide wild \
wise witty young zesty";

const NOUNS: &str = "acorn alder anchor antler apple arch aspen atlas badger bamboo basin bay beacon beaver birch bison \
bloom breeze bridge brook canyon cape castle cedar cliff cloud clover coast comet coral cove crane creek crest dawn \
delta dolphin dune eagle ember falcon fern field finch fjord flint forest fox galaxy garden geyser glacier glade grove \
gull harbor hare hawk hazelnut heron hill horizon iris island ivy jade juniper kestrel lagoon lake lantern larch lark \
laurel lily lion lotus lynx magpie maple marble marsh meadow mesa meteor mist moon moor moss mountain nebula oak oasis \
ocean olive opal orchard orchid otter owl panda pearl pebble pine planet plateau plum pond poplar prairie quail quartz \
raven reef ridge river robin rose sail sapphire savanna sequoia shore sparrow spring spruce star stone stream summit \
sunrise swallow swan thistle tiger trail trout tulip tundra valley violet walnut wave willow wolf wren";

/// For instance `brisk-otter`.
pub fn memorable_name(run: RunId) -> String {
    let bytes = run.as_bytes();
    let pick = |words: &str, a: usize, b: usize| -> String {
        let words: Vec<&str> = words.split_whitespace().collect();
        let index = usize::from(bytes[a]) << 8 | usize::from(bytes[b]);
        words.get(index % words.len().max(1)).copied().unwrap_or("run").to_owned()
    };
    format!("{}-{}", pick(ADJECTIVES, 8, 9), pick(NOUNS, 10, 11))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_words_and_hang_on_the_id() {
        let name = memorable_name(RunId::from_parts(1, [0, 0, 0, 3, 0, 4]));
        assert_eq!(name.split('-').count(), 2);
        assert_ne!(name, memorable_name(RunId::from_parts(1, [0, 0, 0, 4, 0, 4])));
    }
}
