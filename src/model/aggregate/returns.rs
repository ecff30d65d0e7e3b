//! Refused records on their way back to a shard.

use crate::model::aggregate::delay::{Landing, Return};
use crate::model::aggregate::golden::turned;
use crate::model::aggregate::heirs::deal;
use crate::model::aggregate::judge::Offer;
use crate::model::hashing::HashRange;
use crate::model::stream::Stream;
use crate::random;

/// What comes again, by the cell of the grid in which it does, then by shard.
#[derive(Clone, Debug)]
pub(super) struct Returns {
    /// A ring of cells.
    cells: Vec<Vec<(u32, Offer)>>,
    /// Of the present cell: the first of each shard, as a place in `now` plus one.
    firsts: Vec<u32>,
    now: Vec<(Offer, u32)>,
    /// What is on its way, as it is looked at by shard, with the cells until then; and what is to
    /// be.
    raised: Vec<Raised>,
    coming: Vec<(u32, u32, Offer)>,
    /// By shard, how many crowds are on their way to a later cell.
    on_way: Vec<u32>,
    /// Fractions of records, carried on from crowd to crowd so that none is lost.
    carry: f64,
    chance: random::Stream,
}

/// Something on its way to a shard.
#[derive(Clone, Copy, Debug)]
struct Raised {
    ahead: u32,
    shard: u32,
    offer: Offer,
    /// The next of the same shard, as a place plus one.
    next: u32,
    gone: bool,
}

impl Returns {
    /// For so many shards; nothing comes back more than `reach` cells later.
    pub(super) fn new(reach: usize, shards: usize, chance: random::Stream) -> Self {
        Self {
            cells: vec![Vec::new(); reach + 2],
            firsts: vec![0; shards],
            now: Vec::new(),
            raised: Vec::new(),
            coming: Vec::new(),
            on_way: vec![0; shards],
            carry: 0.0,
            chance,
        }
    }

    /// Sorts what comes back in cell number `cell` by shard.
    pub(super) fn gather(&mut self, cell: u64) {
        self.now.clear();
        let slot = (cell % self.cells.len() as u64) as usize;
        let mut due = std::mem::take(&mut self.cells[slot]);
        for (shard, offer) in due.drain(..) {
            self.on_way[shard as usize] -= 1;
            self.join(shard as usize, offer);
        }
        self.cells[slot] = due;
    }

    /// Sorts all that comes back from cell number `cell` on by shard, to be lifted out.
    pub(super) fn raise(&mut self, cell: u64) {
        self.raised.clear();
        let count = self.cells.len() as u64;
        for ahead in 0..count {
            let slot = ((cell + ahead) % count) as usize;
            for (shard, offer) in self.cells[slot].drain(..) {
                let (ahead, next) = (ahead as u32, self.firsts[shard as usize]);
                self.raised.push(Raised { ahead, shard, offer, next, gone: false });
                self.firsts[shard as usize] = self.raised.len() as u32;
            }
        }
    }

    /// Gives `each` what comes back to a shard, and how many cells after that which all was raised
    /// in.
    pub(super) fn lift(&mut self, shard: usize, mut each: impl FnMut(u32, &Offer)) {
        let mut place = std::mem::take(&mut self.firsts[shard]);
        while place > 0 {
            let raised = &mut self.raised[place as usize - 1];
            each(raised.ahead, &raised.offer);
            raised.gone = true;
            self.on_way[shard] -= 1;
            place = raised.next;
        }
    }

    /// Puts back what was raised in cell number `cell` and not lifted out.
    pub(super) fn lower(&mut self, cell: u64) {
        let count = self.cells.len() as u64;
        for Raised { ahead, shard, offer, .. } in self.raised.drain(..).filter(|it| !it.gone) {
            self.firsts[shard as usize] = 0;
            self.cells[((cell + u64::from(ahead)) % count) as usize].push((shard, offer));
        }
    }

    /// `offer` will come back to a shard in so many cells, see [`Returns::land`].
    #[inline]
    pub(super) fn bring_back(&mut self, ahead: u32, shard: usize, offer: Offer) {
        self.coming.push((ahead, shard as u32, offer));
    }

    /// What was brought back is on its way: cells are counted from number `cell`.
    pub(super) fn land(&mut self, cell: u64) {
        let count = self.cells.len() as u64;
        for (ahead, shard, offer) in self.coming.drain(..) {
            self.cells[((cell + u64::from(ahead)) % count) as usize].push((shard, offer));
            self.on_way[shard as usize] += 1;
        }
    }

    /// Whether nothing is on its way to a shard.
    #[inline]
    pub(super) fn is_calm(&self, shard: usize) -> bool {
        self.on_way[shard] == 0
    }

    /// Whether nothing has come back to a shard.
    #[inline]
    pub(super) fn has_none(&self, shard: usize) -> bool {
        self.firsts[shard] == 0
    }

    /// Moves what has come back to a shard into `offers`.
    #[inline]
    pub(super) fn take(&mut self, shard: usize, offers: &mut Vec<Offer>) {
        let mut place = std::mem::take(&mut self.firsts[shard]);
        while place > 0 {
            let (offer, next) = self.now[place as usize - 1];
            offers.push(offer);
            place = next;
        }
    }

    /// Sends `crowd`, refused by `shard` in a quantum of cell number `cell`, on its way back.
    pub(super) fn send(&mut self, cell: u64, shard: usize, offer: Offer, back: &Return) {
        let mut rest = offer.crowd;
        if (rest.records as usize) < back.later.len() {
            // Each for itself.
            while rest.records > 0 {
                let place = self.chance.unit();
                let at = back.later.partition_point(|landing| landing.1 <= place);
                let (ahead, _, landing) = back.later[at.min(back.later.len() - 1)];
                let (one, others) = rest.split(1);
                self.set(cell + u64::from(ahead), shard, Offer { crowd: one, ..offer }, &landing);
                rest = others;
            }
            return;
        }
        let (all, mut sent) = (f64::from(rest.records), 0);
        for (place, &(ahead, up_to, landing)) in back.later.iter().enumerate() {
            let wanted = all * up_to + self.carry;
            let last = place + 1 == back.later.len();
            let k = if last { rest.records } else { (wanted as u32).saturating_sub(sent) };
            let (part, others) = rest.split(k);
            if part.records > 0 {
                self.set(cell + u64::from(ahead), shard, Offer { crowd: part, ..offer }, &landing);
            }
            sent += part.records;
            rest = others;
        }
        self.carry = turned(self.carry);
    }

    /// What comes back to shards that have closed comes back to what became of them; `share` says
    /// what part of a writer's records belongs to a range.
    pub(super) fn reroute(
        &mut self,
        stream: &Stream,
        share: impl Fn(u32, HashRange) -> f64,
        chance: &mut random::Stream,
    ) {
        self.firsts.resize(stream.shards.len(), 0);
        self.on_way.clear();
        self.on_way.resize(stream.shards.len(), 0);
        for cell in &mut self.cells {
            for (shard, offer) in std::mem::take(cell) {
                let mut rest = offer.crowd;
                let of = |range| share(offer.writer, range);
                deal(stream, shard, offer.crowd.records, &of, chance, &mut |heir, k| {
                    let (crowd, others) = rest.split(k);
                    rest = others;
                    cell.push((heir, Offer { crowd, ..offer }));
                    self.on_way[heir as usize] += 1;
                });
            }
        }
    }

    /// Records and bytes of the writer at this place that are on their way.
    pub(super) fn held(&self, writer: u32) -> (u64, u64) {
        let offers = self.cells.iter().flatten().map(|(_, offer)| offer);
        offers.filter(|offer| offer.writer == writer).fold((0, 0), |sum, offer| {
            (sum.0 + u64::from(offer.crowd.records), sum.1 + offer.crowd.bytes)
        })
    }

    /// Bytes of memory taken.
    pub(super) fn memory(&self) -> u64 {
        let cells: usize = self.cells.iter().map(Vec::capacity).sum();
        let more = self.raised.capacity() * size_of::<Raised>()
            + self.coming.capacity() * size_of::<(u32, u32, Offer)>();
        (cells * size_of::<(u32, Offer)>() + more) as u64
    }

    /// How many random numbers were drawn.
    pub(super) fn position(&self) -> u128 {
        self.chance.position()
    }

    fn set(&mut self, cell: u64, shard: usize, offer: Offer, landing: &Landing) {
        let offer = Offer { crowd: offer.crowd.after(landing.waited()), ..offer };
        let slot = (cell % self.cells.len() as u64) as usize;
        self.cells[slot].push((shard as u32, offer));
        self.on_way[shard] += 1;
    }

    /// Adds an offer to a shard's, together with its like.
    fn join(&mut self, shard: usize, offer: Offer) {
        let mut place = self.firsts[shard];
        while place > 0 {
            let (there, next) = &mut self.now[place as usize - 1];
            if (there.writer, there.attempt) == (offer.writer, offer.attempt) {
                there.crowd.join(&offer.crowd);
                return;
            }
            place = *next;
        }
        self.now.push((offer, self.firsts[shard]));
        self.firsts[shard] = self.now.len() as u32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::aggregate::crowd::Crowd;

    fn offer(writer: u32, records: u32) -> Offer {
        Offer { writer, attempt: 1, crowd: Crowd { records, ..Crowd::NONE } }
    }

    /// Two cells ahead for a quarter of them, three for the rest.
    fn back() -> Return {
        let landing = |part| Landing { part, mean: 5.0, variance: 0.0 };
        Return {
            same: Landing::default(),
            later: vec![(2, 0.25, landing(0.25)), (3, 1.0, landing(0.75))],
        }
    }

    #[test]
    fn nobody_is_lost_on_the_way() {
        let mut returns = Returns::new(4, 3, random::Stream::named(1, 0, "returns"));
        let mut due = [0_u32; 8];
        for cell in 0..8 {
            returns.gather(cell);
            for shard in 0..3 {
                let mut offers = Vec::new();
                returns.take(shard, &mut offers);
                due[cell as usize] += offers.iter().map(|it| it.crowd.records).sum::<u32>();
            }
            if cell == 0 {
                returns.send(cell, 1, offer(0, 1_000), &back());
                returns.send(cell, 2, offer(1, 1), &back());
                assert_eq!((returns.held(0).0, returns.held(1).0), (1_000, 1));
            }
        }
        assert_eq!(due.iter().sum::<u32>(), 1_001);
        assert!((250..=251).contains(&due[2]), "{due:?}");
        assert_eq!(returns.held(0), (0, 0));
    }

    /// What is lifted out of a row of cells is out; the rest comes when it would have, and so does
    /// what is brought back behind the row.
    #[test]
    fn what_is_lifted_is_out() {
        let mut returns = Returns::new(4, 3, random::Stream::named(1, 0, "returns"));
        returns.send(0, 1, offer(0, 1_000), &back());
        returns.send(0, 2, offer(0, 400), &back());
        returns.gather(0);
        returns.raise(1);
        let mut lifted = Vec::new();
        returns.lift(1, |ahead, offer| lifted.push((ahead, offer.crowd.records)));
        lifted.sort_unstable();
        assert_eq!(lifted.iter().map(|it| it.0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(lifted.iter().map(|it| it.1).sum::<u32>(), 1_000);
        assert!(returns.is_calm(1) && !returns.is_calm(2));
        returns.bring_back(5, 1, offer(0, 30));
        returns.lower(1);
        let mut due = Vec::new();
        for cell in 1..8 {
            // The row is cells 1 to 5.
            if cell == 6 {
                returns.land(1);
                assert!(!returns.is_calm(1));
            }
            returns.gather(cell);
            for shard in 0..3 {
                let mut offers = Vec::new();
                returns.take(shard, &mut offers);
                due.extend(offers.iter().map(|it| (cell, shard, it.crowd.records)));
            }
        }
        let of = |shard| due.iter().filter(move |it| it.1 == shard);
        assert_eq!(of(1).copied().collect::<Vec<_>>(), [(6, 1, 30)]);
        assert_eq!(of(2).map(|it| it.2).sum::<u32>(), 400);
        assert_eq!(of(2).map(|it| it.0).collect::<Vec<_>>(), [2, 3]);
        assert!(returns.is_calm(1) && returns.is_calm(2));
    }

    #[test]
    fn likes_join() {
        let mut returns = Returns::new(4, 1, random::Stream::named(1, 0, "returns"));
        returns.send(0, 0, offer(0, 100), &back());
        returns.send(1, 0, offer(0, 100), &back());
        let mut offers = Vec::new();
        returns.gather(3);
        returns.take(0, &mut offers);
        assert_eq!(offers.len(), 1);
        assert_eq!(offers[0].crowd.records, 100);
        assert!((offers[0].crowd.waited.mean - 5.0).abs() < 1e-12);
    }
}
