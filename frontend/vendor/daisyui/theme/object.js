// hospes has its own themes (frontend/css/tokens.css), so none of daisyUI's is needed.
export default {};
