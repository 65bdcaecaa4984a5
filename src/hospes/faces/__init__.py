"""The design system: layouts, components, styles and the words of dates and amounts. No models, no views."""
