// Names of other frameworks, a class that is not called, and several values where one is wanted.
use kseq::prelude::*;

sequential! { Net = [Dense(8, activation = "relu", input_shape = (4,)), Dense(3, activation = "softmax")] }

sequential! { Torch = [Linear(4, 8, input_shape = (4,)), BatchNorm1d(8)] }
sequential! { More = [Dense(4, input_shape = (4,)), *hidden] }

fn main() {
    let _ = compile!(Net::new(0), "sgd", loss = nn.CrossEntropyLoss());
    let _ = compile!(Net::new(0), "sgd", loss = torch.nn.MSELoss(reduction = "sum"));
    let _ = compile!(Net::new(0), "sgd", loss = F.cross_entropy);
    let _ = compile!(Net::new(0), optim.Adam(model.parameters(), lr = 0.01), "mse");
    let _ = compile!(Net::new(0), "sgd", "mse", metrics = ["f1", fbeta_score(beta = 2.0)]);
    let _ = compile!(Net::new(0), Adam, "mse");
    let _ = compile!(Net::new(0), ["adam"], loss = ["mse", "mae"]);
    let _ = compile!(Net::new(0), ("adam", 0.01), loss = mse(reduction = "sum"));
    let _ = compile!(Net::new(0), optimizer = None, loss = None);
    let _ = compile!(Net::new(0); "sgd", "mse");
}
