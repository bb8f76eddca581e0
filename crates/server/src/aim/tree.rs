//! Params as a tree whose paths may lead through lists, which a journal's paths do not.

use trailmark_aim::Key;
use trailmark_core::{ParamValue, Params};

/// What to set where, so that the value at a path is replaced, or goes: the path leads to a dictionary's key.
pub(super) fn replaced(
    params: &Params,
    path: &[Key],
    value: Option<ParamValue>,
) -> (Vec<String>, ParamValue) {
    let mut prefix = Vec::new();
    let mut rest = path;
    let mut at: Option<&ParamValue> = None;
    while let Some((key, after)) = rest.split_first() {
        if matches!(at, Some(ParamValue::List(_))) || (after.is_empty() && value.is_none() && at.is_some()) {
            break;
        }
        let key = key.to_string();
        at = match at {
            None if prefix.is_empty() => params.get(&key),
            Some(ParamValue::Map(map)) => map.get(&key),
            _ => None,
        };
        prefix.push(key);
        rest = after;
    }
    if rest.is_empty() {
        return (prefix, value.unwrap_or(ParamValue::None));
    }
    let mut whole = at.cloned().unwrap_or(ParamValue::None);
    set(&mut whole, rest, value);
    (prefix, whole)
}

fn set(node: &mut ParamValue, path: &[Key], value: Option<ParamValue>) {
    let Some((key, rest)) = path.split_first() else {
        *node = value.unwrap_or(ParamValue::None);
        return;
    };
    match (&mut *node, key) {
        (ParamValue::List(elements), Key::Int(index)) => {
            let Ok(index) = usize::try_from(*index) else { return };
            let n_elements = elements.len();
            match (elements.get_mut(index), rest.is_empty(), value) {
                (Some(_), true, None) => _ = elements.remove(index),
                (Some(element), _, value) => set(element, rest, value),
                // One more at the end; no other place is there.
                (None, true, Some(value)) if index == n_elements => elements.push(value),
                (None, ..) => {}
            }
        }
        (ParamValue::Map(map), key) => match (rest.is_empty(), value) {
            (true, None) => _ = map.remove(&key.to_string()),
            (_, value) => set(map.entry(key.to_string()).or_insert(ParamValue::None), rest, value),
        },
        (_, key) => {
            let mut child = ParamValue::None;
            set(&mut child, rest, value);
            *node = ParamValue::Map([(key.to_string(), child)].into());
        }
    }
}

/// How many levels a value has.
pub(super) fn depth(value: &ParamValue) -> usize {
    let deepest = match value {
        ParamValue::List(elements) => elements.iter().map(depth).max(),
        ParamValue::Map(map) => map.values().map(depth).max(),
        _ => None,
    };
    1 + deepest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &[Key], value: Option<ParamValue>, want: (&[&str], &str)) {
        let layers = ParamValue::from(vec![1i64, 2]);
        let hparams = Params::from([("layers".to_owned(), layers), ("lr".to_owned(), 0.1.into())]);
        let params = Params::from([("hparams".to_owned(), hparams.into())]);
        let (path, value) = replaced(&params, path, value);
        assert_eq!(
            (path.iter().map(String::as_str).collect::<Vec<_>>(), value.to_string()),
            (want.0.to_vec(), want.1.to_owned())
        );
    }

    #[test]
    fn a_value_is_replaced_where_it_lies() {
        let [hparams, layers, lr]: [Key; 3] = ["hparams".into(), "layers".into(), "lr".into()];
        check(std::slice::from_ref(&lr), Some(2.into()), (&["lr"], "2"));
        check(&[hparams.clone(), lr.clone()], Some(2.into()), (&["hparams", "lr"], "2"));
        check(
            &[hparams.clone(), layers.clone(), 1.into()],
            Some(9.into()),
            (&["hparams", "layers"], "[1, 9]"),
        );
        check(
            &[hparams.clone(), layers.clone(), 2.into()],
            Some(9.into()),
            (&["hparams", "layers"], "[1, 2, 9]"),
        );
        check(&[hparams.clone(), "a".into(), "b".into()], Some(3.into()), (&["hparams", "a", "b"], "3"));
        check(&[hparams.clone(), lr.clone()], None, (&["hparams"], "{layers: [1, 2]}"));
        check(&[hparams, layers, 0.into()], None, (&["hparams", "layers"], "[2]"));
    }
}
