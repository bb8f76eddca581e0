//! The random orders that PyTorch, NumPy and `datasets` draw from a seed, bit for bit.

/// MT19937 (Matsumoto and Nishimura, 1998), seeded by one number.
#[derive(Debug)]
struct Mt19937 {
    state: [u32; 624],
    next: usize,
}

impl Mt19937 {
    fn new(seed: u32) -> Self {
        let mut state = [seed; 624];
        for index in 1..624 {
            let before = state[index - 1];
            state[index] = (before ^ (before >> 30)).wrapping_mul(1_812_433_253).wrapping_add(index as u32);
        }
        Self { state, next: 624 }
    }

    fn draw(&mut self) -> u32 {
        if self.next == 624 {
            for index in 0..624 {
                let y = (self.state[index] & 0x8000_0000) | (self.state[(index + 1) % 624] & 0x7fff_ffff);
                let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[index] = self.state[(index + 397) % 624] ^ (y >> 1) ^ odd;
            }
            self.next = 0;
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
}

/// `torch.randperm(n)` of a CPU generator seeded with `seed`: the Trainer's order of an epoch.
///
/// Draws 32 bits a place, as PyTorch does for fewer than 2^32 / 20 places.
pub fn torch_permutation(seed: u64, n: usize) -> Vec<usize> {
    let mut random = Mt19937::new(seed as u32);
    let mut order: Vec<usize> = (0..n).collect();
    for index in 0..n.saturating_sub(1) {
        let other = index + random.draw() as usize % (n - index);
        order.swap(index, other);
    }
    order
}

/// PCG64 (XSL-RR 128/64, O'Neill 2014) seeded through NumPy's SeedSequence.
#[derive(Debug)]
pub(crate) struct Pcg64 {
    state: u128,
    increment: u128,
    /// The upper half of the last 64 bits, which the next 32-bit draw takes.
    kept: Option<u32>,
}

const PCG_MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;

impl Pcg64 {
    pub(crate) fn new(seed: u64) -> Self {
        let words = seed_words(seed);
        let wide = |index: usize| u128::from(words[index]) << 64 | u128::from(words[index + 1]);
        let increment = wide(2) << 1 | 1;
        let mut pcg = Self { state: 0, increment, kept: None };
        pcg.advance();
        pcg.state = pcg.state.wrapping_add(wide(0));
        pcg.advance();
        pcg
    }

    fn advance(&mut self) {
        self.state = self.state.wrapping_mul(PCG_MULTIPLIER).wrapping_add(self.increment);
    }

    fn draw64(&mut self) -> u64 {
        self.advance();
        let mixed = (self.state >> 64) as u64 ^ self.state as u64;
        mixed.rotate_right((self.state >> 122) as u32)
    }

    fn draw32(&mut self) -> u32 {
        if let Some(kept) = self.kept.take() {
            return kept;
        }
        let both = self.draw64();
        self.kept = Some((both >> 32) as u32);
        both as u32
    }

    /// A number from 0 to `top`, by drawing until one fits.
    pub(crate) fn below_or_at(&mut self, top: u64) -> u64 {
        let mask = u64::MAX.checked_shr(top.leading_zeros()).unwrap_or(0);
        loop {
            let drawn = if top <= 0xffff_ffff { u64::from(self.draw32()) } else { self.draw64() };
            if drawn & mask <= top {
                return drawn & mask;
            }
        }
    }
}

/// NumPy's `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_words(seed: u64) -> [u64; 4] {
    let mut hash_constant = 0x43b0_d7e5_u32;
    let mut hash = |value: u32| {
        let mut value = value ^ hash_constant;
        hash_constant = hash_constant.wrapping_mul(0x931e_8875);
        value = value.wrapping_mul(hash_constant);
        value ^ (value >> 16)
    };
    let mix = |x: u32, y: u32| {
        let mixed = x.wrapping_mul(0xca01_f9dd).wrapping_sub(y.wrapping_mul(0x4973_f715));
        mixed ^ (mixed >> 16)
    };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(&mut hash);
    for from in 0..4 {
        for to in 0..4 {
            if from != to {
                pool[to] = mix(pool[to], hash(pool[from]));
            }
        }
    }
    let mut constant = 0x8b51_f9dd_u32;
    let mut words = [0u32; 8];
    for (index, word) in words.iter_mut().enumerate() {
        let mut value = pool[index % 4] ^ constant;
        constant = constant.wrapping_mul(0x58f3_8ded);
        value = value.wrapping_mul(constant);
        *word = value ^ (value >> 16);
    }
    [0, 1, 2, 3].map(|index| u64::from(words[2 * index + 1]) << 32 | u64::from(words[2 * index]))
}

/// `numpy.random.default_rng(seed).permutation(n)`: what `datasets` shuffles and splits with.
pub fn numpy_permutation(seed: u64, n: usize) -> Vec<usize> {
    let mut random = Pcg64::new(seed);
    let mut order: Vec<usize> = (0..n).collect();
    for index in (1..n).rev() {
        let other = random.below_or_at(index as u64) as usize;
        order.swap(index, other);
    }
    order
}
