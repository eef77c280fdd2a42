use super::{case, trained};

#[test]
fn a_case_is_that_of_its_seed() {
    for seed in 1..20 {
        let (a, b) = (case(seed), case(seed));
        assert_eq!(a.source(), b.source());
        assert_eq!(trained(&a, None).loss, trained(&b, None).loss);
    }
}
