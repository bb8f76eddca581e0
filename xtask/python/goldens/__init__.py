"""Small golden files made with the real Hugging Face stack, from sentences written for them."""
