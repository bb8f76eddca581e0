//! Any bytes are read as a message of Aim's client and become our words: no panic, no overflow, no endless work.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trailmark_aim::{
    Instruction, Write, context_from_node, example, hash, items, keys, levels, node_from_param, pack, param_from_node,
    path_of, unpack, value_from_node, writes,
};

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(tree)) = unpack(data) {
        assert_eq!(unpack(&pack(&tree)).map(|again| again.map(|tree| pack(&tree))), Ok(Some(pack(&tree))));
        _ = (hash(&tree), keys(&tree), items(&tree), levels(&tree, 2), example(&tree));
        _ = (node_from_param(&param_from_node(&tree)), context_from_node(&tree));
    }
    let Ok(instructions) = Instruction::read(data) else { return };
    for Instruction { mut arguments, .. } in instructions {
        let value = arguments.pop();
        let Some(path) = arguments.first().and_then(path_of) else { continue };
        let mut found = Vec::new();
        writes(&path, value, &mut found);
        for (_, write) in found {
            if let Write::Piece { value, .. } = write {
                _ = value_from_node(value, &mut Vec::new());
            }
        }
    }
});
